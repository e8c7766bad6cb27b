import { isBurrowError } from '../base/errors.ts'
import { fileName } from '../manifest/file-names.ts'
import type { Version } from '../manifest/version.ts'
import { type NativeEngine, SCAN_KEYS } from '../native.ts'
import type { Place } from './open.ts'
import { successor } from './range.ts'

/**
 * Opens every table of `version`, up to `maxOpenFiles`, so that a writer elsewhere that deletes one does not take it away
 * from a read-only database: an open file stays readable. Throws BURROW_CORRUPTION for one that is gone already. One that
 * is there but damaged is left to the reads that need it.
 */
export function pinTables(
  engine: NativeEngine,
  { directory, env }: Place,
  version: Version,
  maxOpenFiles: number,
): void {
  let left = maxOpenFiles
  for (const { table } of version.all()) {
    if (left-- === 0) return
    // A scan seeks in each table that may have the key.
    const scan = engine.openScan(SCAN_KEYS, table.smallest, successor(table.smallest), 1, 0)
    try {
      engine.countScan(scan, 1)
    } catch (error) {
      const damaged = isBurrowError(error) && error.code === 'BURROW_CORRUPTION'
      if (!damaged || !env.exists(`${directory}/${fileName('table', table.number)}`)) throw error
    } finally {
      engine.closeScan(scan)
    }
  }
}
