import { maxKeyBytes } from '../base/encodings.ts'
import { type NativeEngine, SCAN_FILL_CACHE, SCAN_HEADER, SCAN_KEYS, SCAN_REVERSE } from '../native.ts'
import { allocateFast } from '../util/fast-buffer.ts'
import { successor } from './range.ts'

/** Just above the highest key; undefined when no key is at or above `lower`. */
export function endOfKeys(engine: NativeEngine, lower: Uint8Array | undefined): Uint8Array | undefined {
  const scan = engine.openScan(SCAN_REVERSE | SCAN_KEYS | SCAN_FILL_CACHE, lower, undefined, 1, 0)
  try {
    const buffer = allocateFast(SCAN_HEADER + 8 + maxKeyBytes)
    if (engine.fillScan(scan, buffer, 1) === 0) return undefined
    const begin = SCAN_HEADER + 8
    return successor(buffer.subarray(begin, begin + buffer.readUInt32LE(SCAN_HEADER)))
  } finally {
    engine.closeScan(scan)
  }
}
