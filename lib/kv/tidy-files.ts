import { fileName } from '../manifest/file-names.ts'
import type { ControlPlane } from './control-plane.ts'
import type { OpenedFiles } from './open.ts'

type Found = Pick<OpenedFiles, 'found' | 'replayed'>

/**
 * Whether files that no edit names may still be wanted: behind a cut of the manifest nobody knows what they were, logs
 * behind a hole or with damage have writes that were not applied. The manifest that opening begins says so, and goes on
 * to say it until they are in lost/: else a crash in between would let the next open delete them.
 */
export function keepsUnnamed({ found, replayed }: Found): boolean {
  const { keepUnnamed } = found.state
  return keepUnnamed || found.manifestBytesCut > 0 || leftBehind(replayed).length > 0
}

function leftBehind({ damaged, unreachable }: Found['replayed']): string[] {
  return [...unreachable, ...damaged.map((number) => fileName('wal', number))]
}

/**
 * After opening: deletes what no edit names, or moves it to lost/ as `keepsUnnamed` says; a damaged log once its records
 * are in a table. The names of the files that moved.
 */
export async function tidyFiles(plane: ControlPlane, { found, replayed }: Found): Promise<string[]> {
  const { damaged, memtables } = replayed
  const keep = found.state.keepUnnamed || found.manifestBytesCut > 0
  const lost = keep ? found.orphans.filter(({ kind }) => kind !== 'temp') : []
  const left = leftBehind(replayed)
  plane.obsolete.remove(found.orphans.filter((orphan) => !lost.includes(orphan)))
  const inUse = new Set(memtables.map(({ wal }) => wal))
  plane.obsolete.remove(
    found.state.wals
      .filter((number) => !inUse.has(number) && !left.includes(fileName('wal', number)))
      .map((number) => ({ kind: 'wal', number })),
  )
  const held = memtables.findLast(({ wal }) => damaged.includes(wal))
  if (held !== undefined) {
    await plane.until(
      () => plane.flushes.isDurable(held.id),
      () => (plane.healthy ? plane.rotationError : plane.readOnlyError()),
    )
  }
  const moved = [...lost.map(({ name }) => name), ...left]
  if (moved.length > 0) await plane.run({ type: 'moveToLost', names: moved })
  if (plane.versions.state.keepUnnamed) plane.versions.update(() => ({ keepUnnamed: false }))
  plane.pump()
  return moved
}
