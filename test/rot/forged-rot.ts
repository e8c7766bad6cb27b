import { readFileSync } from 'node:fs'
import { forge, sealedBlocks, sealedFragments } from './forgery.ts'
import type { Specimen } from './specimens.ts'
import { keysOf, Trial } from './trial.ts'

export interface ForgedCount {
  cases: number
  refused: number
  failed: number
}

/**
 * Replaces bytes under checksums that hold, so that decoders must look at them: a lie may be believed where nothing
 * contradicts it, but it may not crash, hang or allocate. `every`: one byte in so many of data blocks.
 */
export async function rotForged(
  specimen: Specimen,
  values: readonly number[],
  every: number,
  files: (name: string) => boolean = () => true,
): Promise<ForgedCount> {
  const trial = new Trial(['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED'], false)
  const keys = keysOf(specimen)
  for (const [name, bytes] of specimen.files) {
    if (name === 'CURRENT' || !files(name)) continue
    const sealed = name.endsWith('.sst') ? sealedBlocks(bytes) : sealedFragments(bytes)
    for (const part of sealed) {
      const step = part.what === 'data' ? every : 1
      for (let at = part.offset; at < part.end; at += step) {
        for (const value of values) {
          if (bytes[at] === value) continue
          try {
            await trial.run(new Map(specimen.files).set(name, forge(bytes, part, at, value)), keys)
          } catch (error) {
            const where = `'${specimen.name}', ${name}, ${part.what}, byte ${at} set to ${value}`
            throw new Error(`${where}: ${(error as Error).message}`, { cause: error })
          }
        }
      }
    }
  }
  trial.end()
  const { cases, failed, refused } = trial
  return { cases, refused, failed }
}

/** Most bytes of memory that this process ever had, and of address space. Linux only; elsewhere nothing is known: 0. */
export function peakMemory(): { resident: number; virtual: number } {
  if (process.platform !== 'linux') return { resident: 0, virtual: 0 }
  const status = readFileSync('/proc/self/status', 'utf8')
  const kib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0)
  return { resident: kib('VmHWM') * 1024, virtual: kib('VmPeak') * 1024 }
}
