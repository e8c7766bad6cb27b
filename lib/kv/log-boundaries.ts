import { fileName } from '../manifest/file-names.ts'
import { native } from '../native.ts'
import type { Place } from './open.ts'

// docs/formats.md, "Write batch" and "Log framing".
const batchHeaderSize = 12
const blockSize = 32768
const fragmentHeaderSize = 19
const logHeaderSize = fragmentHeaderSize + 37

/** Where a log can be cut: where its records begin, and where the last whole one in front of any damage ends. */
export interface LogBoundaries {
  readonly records: readonly LogRecord[]
  /** 0: the log has no header that can be read, and cannot be cut. */
  readonly end: number
}

interface LogRecord {
  readonly offset: number
  /** How many, and the sequence number of the last. */
  readonly writes: number
  readonly lastSequence: number
}

/** Reads the log up to its first damage. Throws for one that cannot be read at all. */
export function readBoundaries({ directory, env }: Place, number: number): LogBoundaries {
  const path = `${directory}/${fileName('wal', number)}`
  const log = native.readLog(env, path, 'wal', number, undefined, undefined, true)
  const records: LogRecord[] = []
  let end = /^0*$/.test(log.databaseId) ? 0 : logHeaderSize
  for (const { offset, payload } of log.records) {
    if (payload.length < batchHeaderSize) break
    const writes = payload.readUInt32LE(8)
    records.push({ offset, writes, lastSequence: Number(payload.readBigUInt64LE(0)) + writes - 1 })
    end = endOf(offset, payload.length)
  }
  return { records, end }
}

/** Where a record ends that begins at `offset`: it goes on behind a fragment header in each block. */
function endOf(offset: number, length: number): number {
  let at = offset
  for (let left = length; ; ) {
    const room = blockSize - (at % blockSize) - fragmentHeaderSize
    if (room < 0) {
      at += room + fragmentHeaderSize
      continue
    }
    const part = Math.min(left, room)
    at += fragmentHeaderSize + part
    left -= part
    if (left === 0) return at
  }
}
