import type { Specimen } from './specimens.ts'

/** What a byte of a log is part of, read with nothing but docs/formats.md, "Log framing", for logs of one block. */
export interface Fragment {
  readonly offset: number
  readonly end: number
  readonly type: number
  readonly synced: number
}

const headerSize = 19
const endType = 6

function fragmentsOf(log: Buffer): Fragment[] {
  const fragments: Fragment[] = []
  for (let offset = 0; offset + headerSize <= log.length; ) {
    const type = log.readUInt8(offset + 6)
    if (type === 0) break
    const end = offset + headerSize + log.readUInt16LE(offset + 4)
    fragments.push({ offset, end, type, synced: Number(log.readBigUInt64LE(offset + 11)) })
    offset = end
  }
  return fragments
}

export interface LogDamage {
  /** The files themselves prove that these bytes were durable once: opening must fail. */
  readonly mustFail: boolean
  /** Writes in front of the damage: they must be there, whatever else is. */
  readonly keeps: number
}

/** What follows from damage to a log of `specimen` from `at` on: to one byte, or to all behind as well. */
export function judgeLogDamage(specimen: Specimen, name: string, at: number, cut: boolean): LogDamage {
  const logs = [...specimen.files].filter(([file]) => file.endsWith('.wal'))
  const index = logs.findIndex(([file]) => file === name)
  const mine = fragmentsOf(logs[index]![1])
  const records = (fragments: readonly Fragment[]) => fragments.filter(({ type }) => type === 1).length
  const before = logs.slice(0, index).reduce((sum, [, bytes]) => sum + records(fragmentsOf(bytes)), 0)
  const keeps = before + records(mine.filter(({ end }) => end <= at))
  const length = mine.at(-1)?.end ?? 0
  // Bytes behind the end record mean nothing.
  if (at >= length) return { mustFail: false, keeps }
  if (specimen.closed) return { mustFail: true, keeps }
  const others = mine.filter(({ end, offset }) => (cut ? end <= at : end <= at || offset > at))
  const provenHere = others.some(({ synced }) => synced > at)
  const sealed = mine.at(-1)?.type === endType
  const provenLater = logs
    .slice(index + 1)
    .some(([, bytes]) => fragmentsOf(bytes).some(({ synced }) => synced > 0))
  return { mustFail: provenHere || (sealed && provenLater), keeps }
}
