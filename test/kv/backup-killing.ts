import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Database, isBurrowError } from '../../lib/index.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'
import { Random } from '../model/random.ts'

const script = fileURLToPath(new URL('./fixtures/back-up-until-killed.mjs', import.meta.url))
const longestLifeMs = 600

interface Said {
  readonly begin?: true
  readonly path?: string
  readonly backup?: number
  readonly count: number
}

/** Children that back up, checkpoint and restore are killed one after the other; what they finished is whole. */
export async function killWhileBackingUp(
  rounds: number,
  seed: number,
): Promise<{ finished: number; halves: number }> {
  distFile('lib/index.js')
  const random = new Random(seed)
  using folder = new TemporaryFolder()
  let [finished, halves] = [0, 0]
  const made = new Map<number, number>()
  for (let round = 0; round < rounds; round++) {
    try {
      const said = await liveShortly(
        [folder.path, String(round), String(random.uint32())],
        random.below(longestLifeMs),
      )
      finished += said.length
      for (const { backup, count } of said) if (backup !== undefined) made.set(backup, count)
      for (const { count, path } of said) if (path !== undefined) await checkDatabase(path, count)
      halves += await checkUnfinished(folder)
      await checkBackups(folder, made)
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}: ${(error as Error).message}`, { cause: error })
    }
  }
  return { finished, halves }
}

/** Exactly the first n keys, n being `least` or more. */
async function checkDatabase(path: string, least: number): Promise<void> {
  const db = await Database.open(path, { createIfMissing: false })
  const keys = db.keys().nextSync(1e6)
  await db.close()
  const hole = keys.findIndex((key, i) => Number(key) !== i)
  if (hole >= 0 || keys.length < least) {
    throw new Error(
      `${path} has ${keys.length} keys, the first wrong one at ${hole}; at least ${least} were promised`,
    )
  }
  rmSync(path, { recursive: true })
}

/** What was cut off is a whole database or none; a restore to the same place goes through. How many were none. */
async function checkUnfinished(folder: TemporaryFolder): Promise<number> {
  let halves = 0
  for (const name of readdirSync(folder.path)) {
    if (name === 'db' || name === 'backups') continue
    try {
      await checkDatabase(folder.join(name), 0)
    } catch (error) {
      const none = ['BURROW_NOT_FOUND', 'BURROW_CORRUPTION']
      if (!isBurrowError(error) || !none.includes(error.code)) throw error
      if (error.code === 'BURROW_CORRUPTION' && !error.message.includes('no CURRENT')) throw error
      halves++
      if (name.startsWith('restored')) {
        await Database.restore(folder.join('backups'), folder.join(name))
        await checkDatabase(folder.join(name), 0)
      }
    }
    rmSync(folder.join(name), { recursive: true, force: true })
  }
  return halves
}

async function checkBackups(folder: TemporaryFolder, made: ReadonlyMap<number, number>): Promise<void> {
  if (made.size === 0) return
  const list = await Database.listBackups(folder.join('backups'))
  const { ok, problems } = await Database.verifyBackups(folder.join('backups'))
  if (!ok) throw new Error(JSON.stringify(problems))
  const newest = list.at(-1)!.id
  if (newest < Math.max(...made.keys())) throw new Error('the newest backup is lost')
  for (const { id } of list) {
    const path = folder.join(`check-${id}`)
    await Database.restore(folder.join('backups'), path, { id })
    await checkDatabase(path, made.get(id) ?? 0)
  }
}

function liveShortly(args: readonly string[], milliseconds: number): Promise<Said[]> {
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
      const lines = text.slice(0, text.lastIndexOf('\n')).split('\n')
      resolve(lines.slice(1).map((line) => JSON.parse(line) as Said))
    })
  })
}
