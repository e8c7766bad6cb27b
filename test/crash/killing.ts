import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Database } from '../../lib/index.ts'
import { Random } from '../model/random.ts'
import { lastApplied } from './transactions.js'

const script = fileURLToPath(new URL('./fixtures/write-transactions.mjs', import.meta.url))
const longestLifeMs = 500

/** Children write to one directory and are killed, one after the other; after each everything acknowledged is there. */
export async function killChildren(rounds: number, seed: number): Promise<void> {
  const random = new Random(seed)
  const directory = mkdtempSync(join(tmpdir(), 'burrow-crash-'))
  let last = -1
  for (let round = 0; round < rounds; round++) {
    const options = {
      memtableSize: random.pick([4096, 16384, 65536]),
      targetFileSize: random.pick([4096, 32768]),
      compression: random.pick(['none', 'lz4', 'zstd'] as const),
      manifestRollSize: random.pick([1024, 65536]),
    }
    const child = [directory, String(last + 1), String(random.uint32()), JSON.stringify(options)]
    const acknowledged = Math.max(last, await liveShortly(child, random.below(longestLifeMs)))
    try {
      const db = await Database.open(directory, options)
      last = lastApplied(db)
      await db.close()
      if (last < acknowledged)
        throw new Error(`${acknowledged} was acknowledged; the last one found is ${last}`)
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}, ${directory}: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }
  rmSync(directory, { recursive: true })
  if (last < rounds) throw new Error(`only ${last} transactions were written in ${rounds} rounds`)
}

/** Kills the child so many milliseconds after it has begun. The last transaction that it acknowledged; −1 for none. */
function liveShortly(args: readonly string[], milliseconds: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let text = ''
    let complaint = ''
    let begun = false
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString()
    })
    child.stdout.on('data', async (chunk: Buffer) => {
      text += chunk.toString()
      if (begun) return
      begun = true
      await sleep(milliseconds)
      child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL')
        return reject(new Error(`the child ended by itself with ${code}: ${complaint}`))
      // The last line may be cut short.
      const lines = text.slice(0, text.lastIndexOf('\n')).split('\n')
      resolve(lines.length > 1 ? Number(lines.at(-1)) : -1)
    })
  })
}
