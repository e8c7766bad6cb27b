import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Operation } from './operations.ts'
import { ModelPlayer, type Player } from './players.ts'

export interface Failure {
  /** Which operation. */
  readonly index: number
  readonly problem: string
}

export type StartPlayer = () => Promise<Player>

/** Plays the operations and compares every answer with the model's; the first difference. */
export async function findFailure(
  operations: readonly Operation[],
  start: StartPlayer,
): Promise<Failure | undefined> {
  const model = new ModelPlayer()
  const late: Promise<Failure | undefined>[] = []
  const player = await start()
  for (const [index, operation] of operations.entries()) {
    const expected = (await model.play(operation)).answer as string
    const differs = (got: string) => (got === expected ? undefined : failureAt(index, got, expected))
    const broke = (error: Error) => ({ index, problem: String(error.stack ?? error) })
    try {
      const { answer } = await player.play(operation)
      const compared = typeof answer === 'string' ? differs(answer) : answer.then(differs, broke)
      if (compared instanceof Promise) {
        late.push(compared)
        continue
      }
      if (compared === undefined) continue
      await player.end().catch(() => {})
      return compared
    } catch (error) {
      await player.end().catch(() => {})
      return broke(error as Error)
    }
  }
  const failed = await player.end().then(() => undefined, String)
  const found = (await Promise.all(late)).find((failure) => failure !== undefined)
  return (
    found ??
    (failed === undefined ? undefined : { index: operations.length - 1, problem: `the end: ${failed}` })
  )
}

function failureAt(index: number, got: string, expected: string): Failure {
  let same = 0
  while (same < got.length && got[same] === expected[same]) same++
  const part = (text: string) => JSON.stringify(text.slice(Math.max(0, same - 20), same + 80))
  return { index, problem: `got ${part(got)}, expected ${part(expected)} (at ${same} of ${expected.length})` }
}

/**
 * Delta debugging: leaves out ever smaller stretches of the operations for as long as what is left still fails.
 * `attempts` bounds the work; what fails by chance is reduced as far as it does.
 */
export async function reduce(
  operations: readonly Operation[],
  fails: (operations: readonly Operation[]) => Promise<Failure | undefined>,
  attempts = 500,
): Promise<Operation[]> {
  let kept = [...operations]
  let left = attempts
  for (let size = Math.ceil(kept.length / 2); size >= 1 && left > 0; ) {
    let shorter = false
    for (let at = 0; at < kept.length && left > 0; left--) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)]
      const failure = await fails(without)
      if (failure === undefined) {
        at += size
        continue
      }
      kept = without.slice(0, failure.index + 1)
      shorter = true
    }
    if (size === 1 && !shorter) break
    size = Math.max(1, Math.floor(size / 2))
  }
  return kept
}

export interface SavedCase {
  readonly seed: number
  /** Name of the option set. */
  readonly options: string
  readonly failure: Failure
  readonly operations: readonly Operation[]
  readonly reduced: readonly Operation[]
}

/** Plays; after a failure reduces the operations, saves them, and throws an error that shows the small case. */
export async function check(
  seed: number,
  options: string,
  operations: readonly Operation[],
  start: StartPlayer,
  folder: string,
): Promise<void> {
  const failure = await findFailure(operations, start)
  if (failure === undefined) return
  const file = join(folder, `${seed}.json`)
  const save = (reduced: readonly Operation[]) => {
    const saved: SavedCase = { seed, options, failure, operations, reduced }
    writeFileSync(file, JSON.stringify(saved, null, 1))
  }
  mkdirSync(folder, { recursive: true })
  const upTo = operations.slice(0, failure.index + 1)
  // Now, too: somebody may lose patience.
  save(upTo)
  const reduced = await reduce(upTo, (list) => findFailure(list, start))
  save(reduced)
  const last = (await findFailure(reduced, start)) ?? failure
  const lines = reduced.map((operation) => `  ${JSON.stringify(operation).slice(0, 300)}`)
  throw new Error(
    `seed ${seed}, ${options}: ${last.problem}\n${reduced.length} of ${operations.length} operations, saved in ${file}:\n${lines.join('\n')}`,
  )
}
