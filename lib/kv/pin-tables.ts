import type { Version } from '../manifest/version.ts'
import type { NativeEngine } from '../native.ts'
import { successor } from './range.ts'

/**
 * Opens every table of `version`, up to `maxOpenFiles`, so that a writer elsewhere that deletes one does not take it away
 * from a read-only database: an open file stays readable. Throws BURROW_CORRUPTION for one that is gone already.
 */
export function pinTables(engine: NativeEngine, version: Version, maxOpenFiles: number): void {
  let left = maxOpenFiles
  for (const { table } of version.all()) {
    if (left-- === 0) return
    // A scan seeks in each table that may have the key.
    const scan = engine.openScan({
      lower: table.smallest,
      upper: successor(table.smallest),
      reverse: false,
      keys: true,
      values: false,
      limit: 1,
      fillCache: false,
      readAhead: 0,
    })
    try {
      scan.count(1)
    } finally {
      scan.close()
    }
  }
}
