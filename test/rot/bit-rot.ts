import { isDeepStrictEqual } from 'node:util'
import { judgeLogDamage } from './log-map.ts'
import type { Specimen } from './specimens.ts'
import { keysOf, type Outcome, Trial } from './trial.ts'

export interface RotCount {
  cases: number
  refused: number
  failed: number
  cut: number
}

export interface RotOptions {
  /** Which files; all without it. */
  readonly files?: (name: string) => boolean
  /** What a byte is changed by, each in its turn; a function of its offset. */
  readonly patterns?: readonly ((offset: number) => number)[]
  /** Lengths that files are cut to: one in so many; 0 cuts none. */
  readonly cutEvery?: number
}

const oneBit = (offset: number): number => 1 << ((offset * 5 + 3) % 8)
export const everyPattern = [1, 2, 4, 8, 16, 32, 64, 128, 0xff].map((pattern) => () => pattern)

/** Changes every byte of the specimen's files and cuts them; throws at the first answer that is not right. */
export async function rot(specimen: Specimen, options: RotOptions = {}): Promise<RotCount> {
  const { cutEvery = 1, files = () => true, patterns = [oneBit] } = options
  const trial = new Trial()
  const keys = keysOf(specimen)
  for (const [name, bytes] of specimen.files) {
    if (!files(name)) continue
    for (const pattern of patterns) {
      for (let at = 0; at < bytes.length; at++) {
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= pattern(at)
        const outcome = await tryOut(name, damaged, `byte ${at} changed by ${pattern(at)}`)
        judge(specimen, name, at, false, outcome)
      }
    }
    if (cutEvery === 0) continue
    for (let length = 0; length < bytes.length; length += cutEvery) {
      const outcome = await tryOut(name, bytes.subarray(0, length), `cut to ${length}`)
      judge(specimen, name, length, true, outcome)
    }
  }
  trial.end()
  const { cases, cut, failed, refused } = trial
  return { cases, refused, failed, cut }

  async function tryOut(name: string, bytes: Buffer, what: string) {
    const where = `'${specimen.name}', ${name}, ${what}`
    try {
      return { outcome: await trial.run(new Map(specimen.files).set(name, bytes), keys), where }
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error })
    }
  }

  function judge(
    { closed, history }: Specimen,
    name: string,
    at: number,
    cut: boolean,
    { outcome, where }: { outcome: Outcome; where: string },
  ): void {
    if (outcome.kind === 'refused') return
    if (outcome.kind === 'failed') {
      if (name.endsWith('.sst')) return
      throw new Error(`${where}: reading failed though only tables are read late`, { cause: outcome.error })
    }
    const { contents, recovery } = outcome
    const log = name.endsWith('.wal') ? judgeLogDamage(specimen, name, at, cut) : undefined
    if (log?.mustFail) throw new Error(`${where}: opened, though the files prove that this was durable`)
    if (isDeepStrictEqual(contents, history.at(-1))) return
    if (closed || log === undefined) throw new Error(`${where}: wrong data`)
    const found = history.findIndex((earlier) => isDeepStrictEqual(contents, earlier))
    if (found < log.keeps) throw new Error(`${where}: not a prefix of what was written, or too short a one`)
    // A file that is shorter by whole records has nothing that could be said.
    const said = recovery.bytesCut > 0 || recovery.filesMoved.length > 0
    if (!said && !cut) throw new Error(`${where}: writes were lost and recovery does not say so`)
    trial.cut++
  }
}
