import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Database } from '../../lib/index.ts'
import type { FaultRule } from '../../lib/native.ts'
import { distFile } from '../dist.ts'
import { Random } from '../model/random.ts'
import type { Life } from './programs/write-transactions.ts'
import { lastApplied } from './transactions.ts'

const longestLifeMs = 300
/** A child that did not come to the operation in which it was to die is killed. */
const patienceMs = 1500

interface Death {
  readonly operations: readonly string[]
  readonly pathContains?: string
  /** The child dies in one of so many first such operations. */
  readonly within: number
}

/** What a child may be doing when it dies. */
const deaths: Readonly<Record<string, Death>> = {
  open: { operations: [], within: 60 },
  log: { operations: ['write', 'sync', 'truncate', 'allocate', 'create'], pathContains: '.wal', within: 200 },
  'flush or compaction': { operations: ['create', 'write', 'sync'], pathContains: '.sst', within: 60 },
  'reading tables': { operations: ['open', 'read'], pathContains: '.sst', within: 60 },
  manifest: { operations: ['create', 'write', 'sync'], pathContains: 'MANIFEST', within: 60 },
  CURRENT: { operations: ['rename', 'create', 'write', 'sync'], pathContains: 'CURRENT', within: 8 },
  'syncing the directory': { operations: ['syncdir'], within: 30 },
  removal: { operations: ['remove'], within: 40 },
  backup: { operations: [], pathContains: 'backups', within: 60 },
}

export interface Killed {
  readonly rounds: number
  /** Rounds in which the child died in the operation that was chosen, by what that was. */
  readonly within: Record<string, number>
  readonly transactions: number
  readonly backups: number
}

/**
 * Children write to one directory and are killed, one after the other, at any moment or in the middle of a certain
 * operation; after each everything acknowledged is there, with `sync` or without, and so is the newest backup.
 */
export async function killChildren(rounds: number, seed: number): Promise<Killed> {
  const program = distFile('test/crash/programs/write-transactions.js')
  const random = new Random(seed)
  const home = mkdtempSync(join(tmpdir(), 'burrow-crash-'))
  const directory = join(home, 'db')
  const backups = join(home, 'backups')
  const within: Record<string, number> = {}
  let last = -1
  let backedUp = -1
  let made = 0
  for (let round = 0; round < rounds; round++) {
    const options = {
      memtableSize: random.pick([4096, 16384, 65536]),
      targetFileSize: random.pick([4096, 32768]),
      compression: random.pick(['none', 'lz4', 'zstd'] as const),
      manifestRollSize: random.pick([1024, 65536]),
    }
    const name = random.chance(0.3) ? undefined : random.pick(Object.keys(deaths))
    const death = name === undefined ? null : ruleOf(deaths[name]!, random)
    const life = { directory, backups, first: last + 1, seed: random.uint32(), options, death }
    const where = `seed ${seed}, round ${round}${name === undefined ? '' : ` (${name})`}, ${home}`
    try {
      const report = await live(program, life, random.below(longestLifeMs))
      if (name !== undefined && report.byItself) within[name] = (within[name] ?? 0) + 1
      const acknowledged = Math.max(last, report.acknowledged)
      const db = await Database.open(directory, options)
      last = lastApplied(db)
      await db.close()
      if (last < acknowledged)
        throw new Error(`${acknowledged} was acknowledged; the last one found is ${last}`)
      made += report.backups
      backedUp = Math.max(backedUp, report.backedUp)
      const touched = report.backups > 0 || name === 'backup'
      if (touched && backedUp >= 0) await checkBackup(backups, join(home, 'restored'), backedUp)
    } catch (error) {
      throw new Error(`${where}: ${(error as Error).message}`, { cause: error })
    }
  }
  rmSync(home, { recursive: true })
  if (last < rounds) throw new Error(`only ${last} transactions were written in ${rounds} rounds`)
  return { rounds, within, transactions: last + 1, backups: made }
}

function ruleOf({ operations, pathContains, within }: Death, random: Random): FaultRule {
  const after = random.between(1, within)
  return { operations, ...(pathContains === undefined ? {} : { pathContains }), after, effect: 'kill' }
}

async function checkBackup(backups: string, target: string, atLeast: number): Promise<void> {
  await Database.restore(backups, target)
  const db = await Database.open(target)
  const last = lastApplied(db)
  await db.close()
  rmSync(target, { recursive: true })
  if (last < atLeast) throw new Error(`a backup up to ${atLeast} was made; the newest one ends at ${last}`)
}

interface Report {
  /** The last transaction that was acknowledged; −1 for none. */
  readonly acknowledged: number
  /** The last transaction that a finished backup holds for sure; −1 for none. */
  readonly backedUp: number
  readonly backups: number
  readonly byItself: boolean
}

/** Lets a child live, for so many milliseconds unless it has a death of its own. */
function live(program: string, life: Life, milliseconds: number): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(life)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    let complaint = ''
    let begun = false
    let byItself = true
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString()
    })
    child.stdout.on('data', async (chunk: Buffer) => {
      text += chunk.toString()
      if (begun) return
      begun = true
      await sleep(life.death === null ? milliseconds : patienceMs, undefined, { ref: false })
      if (child.exitCode !== null || child.signalCode !== null) return
      byItself = false
      child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL')
        return reject(new Error(`the child ended by itself with ${code}: ${complaint}`))
      // The last line may be cut short.
      const lines = text.slice(0, text.lastIndexOf('\n')).split('\n')
      const numbers = lines.filter((line) => /^\d+$/.test(line)).map(Number)
      const backups = lines.filter((line) => line.startsWith('backup ')).map((line) => Number(line.slice(7)))
      resolve({
        acknowledged: Math.max(-1, ...numbers.slice(-200)),
        backedUp: backups.at(-1) ?? -1,
        backups: backups.length,
        byItself,
      })
    })
  })
}
