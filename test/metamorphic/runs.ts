import { fileURLToPath } from 'node:url'
import type { DatabaseOptions } from '../../lib/index.ts'
import { Random } from '../model/random.ts'
import { makeOperations } from './operations.ts'
import { memoryHome } from './option-sets.ts'
import { DatabasePlayer } from './players.ts'
import { check } from './replay.ts'

export const caseFolder = fileURLToPath(new URL('../../out/metamorphic', import.meta.url))

/** Plays `lists` lists of operations, from seeds that follow each other, on every set of options. */
export async function playEverywhere(
  sets: readonly (readonly [name: string, options: DatabaseOptions])[],
  seed: number,
  lists: number,
  length: number,
): Promise<void> {
  for (let list = 0; list < lists; list++) {
    const operations = makeOperations(new Random(seed + list), length)
    for (const [name, options] of sets) {
      await check(seed + list, name, operations, () => DatabasePlayer.start(memoryHome(options)), caseFolder)
    }
  }
}
