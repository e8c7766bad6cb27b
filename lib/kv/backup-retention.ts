import type { BackupRetention } from '../base/backup-schedule.ts'
import { currentName } from '../manifest/file-names.ts'
import {
  backupName,
  type FoundBackup,
  isStoredTable,
  readBackups,
  sharedName,
  tableName,
} from './backup-layout.ts'
import type { Place } from './open.ts'

/**
 * Removes what `keep` does not keep, and tables that no backup needs; the ids of the removed. First the backups, durably,
 * then their tables: one that is there is whole. REQUIRES: the lock.
 */
export function applyRetention(place: Place, keep: BackupRetention): number[] {
  const { backups } = readBackups(place)
  const removed = overdue(backups, keep, Date.now())
  for (const id of removed) removeBackup(place, id)
  if (removed.length > 0) place.env.syncDir(place.directory)
  removeUnused(
    place,
    backups.filter(({ id }) => !removed.includes(id)),
  )
  return removed
}

/**
 * Ids to be removed. Never the newest whole one. A damaged one has no date; it goes once a newer one would be too old,
 * or there are enough newer ones.
 */
export function overdue(backups: readonly FoundBackup[], keep: BackupRetention, now: number): number[] {
  const ids: number[] = []
  let newer = 0
  let newerIsOld = false
  for (const { id, stored } of [...backups].sort((a, b) => b.id - a.id)) {
    const old = keep.ageMs !== undefined && stored !== undefined && now - stored.createdAt > keep.ageMs
    const tooMany = keep.count !== undefined && newer >= keep.count
    if (newer > 0 && (tooMany || old || newerIsOld)) ids.push(id)
    if (stored === undefined) continue
    newer++
    newerIsOld ||= old
  }
  return ids.reverse()
}

/** Removes one backup, or what there is of it; not its tables. Durable once the call returns. */
export function removeBackup({ env, directory }: Place, id: number): void {
  const path = `${directory}/${backupName(id)}`
  const names = env.list(path)
  if (names.includes(currentName)) {
    env.remove(`${path}/${currentName}`)
    env.syncDir(path)
  }
  for (const name of names) if (name !== currentName) env.remove(`${path}/${name}`)
  env.removeDir(path)
}

/** Nobody knows what a damaged backup needs: while there is one, nothing goes. */
function removeUnused({ env, directory }: Place, backups: readonly FoundBackup[]): void {
  if (backups.some(({ stored }) => stored === undefined)) return
  const needed = new Set(
    backups.flatMap(({ stored }) =>
      stored!.tables.map((table) => tableName(stored!.state.databaseId, table)),
    ),
  )
  const shared = `${directory}/${sharedName}`
  for (const name of env.list(shared)) {
    if (isStoredTable(name) && !needed.has(name)) env.remove(`${shared}/${name}`)
  }
}
