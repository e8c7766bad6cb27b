import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Tables } from '../../lib/tables.ts'
import { distFile } from '../dist.ts'
import { Random } from '../model/random.ts'
import type { TablesLife } from './programs/write-tables.ts'
import { TableCopy } from './table-copy.ts'

const longestLifeMs = 400
/** A child that did not come to fill an index is killed. */
const patienceMs = 20_000

export interface KilledTables {
  readonly steps: number
  /** Rounds after which an index was still being filled. */
  readonly unfilled: number
}

/**
 * Children write to the tables of one directory and are killed at any moment, one after the other. After each, both tables
 * have what was acknowledged, each step wholly or not at all, all indexes agree with their tables, those too whose filling
 * was interrupted once it is finished, and the change records of one make that one.
 */
export async function killTables(rounds: number, seed: number): Promise<KilledTables> {
  const random = new Random(seed)
  const home = mkdtempSync(join(tmpdir(), 'burrow-tables-crash-'))
  const directory = join(home, 'db')
  const acknowledged = new Set<number>()
  const copy = new TableCopy()
  let last = -1
  let unfilled = 0
  for (let round = 0; round < rounds; round++) {
    const options = {
      memtableSize: random.pick([16384, 65536, 1 << 20]),
      targetFileSize: random.pick([16384, 65536]),
      syncWrites: random.chance(0.5),
    }
    const dieFilling = round % 2 === 1
    const life = { directory, first: last + 1, seed: random.uint32(), options, dieFilling }
    try {
      for (const step of await liveAndDie(life, dieFilling ? patienceMs : random.below(longestLifeMs)))
        acknowledged.add(step)
      const tables = await Tables.open(directory, options)
      if (await isFilling(tables)) unfilled++
      last = Math.max(last, await check(tables, acknowledged))
      if (last >= 0) await copy.follow(tables.table('left'))
      // Some are left to the next child.
      if (random.chance(0.7) && (await tables.list()).includes('right')) {
        await tables.whenActive('right')
        await check(tables, acknowledged)
      }
      await tables.close()
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}, ${home}: ${(error as Error).message}`, { cause: error })
    }
  }
  rmSync(home, { recursive: true })
  return { steps: last + 1, unfilled }
}

/** Opening the tables goes on with it, so this must be asked first. */
async function isFilling(tables: Tables): Promise<boolean> {
  if (!(await tables.list()).includes('right')) return false
  return (await tables.describe('right', { count: false })).status === 'UPDATING'
}

/** The last step that is there. */
async function check(tables: Tables, acknowledged: ReadonlySet<number>): Promise<number> {
  if ((await tables.list()).length < 2) {
    if (acknowledged.size > 0) throw new Error('the tables are gone')
    return -1
  }
  for (const name of ['left', 'right']) {
    const { problems } = await tables.verify(name)
    if (problems.length > 0) throw new Error(`table ${name}: ${JSON.stringify(problems.slice(0, 3))}`)
  }
  const [left, right] = [new Set<number>(), new Set<number>()]
  for await (const item of tables.table('left').scanAll())
    if (item['group'] !== -1) left.add(item['step'] as number)
  for await (const item of tables.table('right').scanAll())
    if ((item['step'] as number) >= 0) right.add(item['step'] as number)
  for (const step of new Set([...left, ...right]))
    if (!left.has(step) || !right.has(step)) throw new Error(`step ${step} is there by half`)
  for (const step of acknowledged)
    if (!left.has(step)) throw new Error(`step ${step} was acknowledged, and is lost`)
  return [...left].reduce((last, step) => Math.max(last, step), -1)
}

/** The steps of which the child said that they are acknowledged. */
function liveAndDie(life: TablesLife, milliseconds: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const program = distFile('test/crash/programs/write-tables.js')
    const child = spawn(process.execPath, [program, JSON.stringify(life)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [text, complaint, begun] = ['', '', false]
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString()
    })
    child.stdout.on('data', async (chunk: Buffer) => {
      text += chunk.toString()
      if (begun) return
      begun = true
      await sleep(milliseconds, undefined, { ref: false })
      child.kill('SIGKILL')
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal !== 'SIGKILL')
        return reject(new Error(`the child ended by itself with ${code}: ${complaint}`))
      // The last line may be cut short.
      const lines = text.slice(0, text.lastIndexOf('\n')).split('\n')
      resolve(lines.filter((line) => /^\d+$/.test(line)).map(Number))
    })
  })
}
