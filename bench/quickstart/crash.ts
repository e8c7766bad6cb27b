import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { batchKeys, crashPrefix, keysInBatch } from './crash-keys.ts'
import { type CityDatabase, openCities } from './database.ts'
import { count, type Report, type Step, seconds, timed } from './report.ts'

const acknowledgementsBeforeTheKill = 2000

/** What the child had acknowledged when it was killed: numbers of batches. */
async function writeAndKill(
  directory: string,
  report: Report,
): Promise<{ acknowledged: number[]; signal: string }> {
  const program = fileURLToPath(new URL('crash-writer.js', import.meta.url))
  const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const show = report.progress('crash', acknowledgementsBeforeTheKill)
  const acknowledged: number[] = []
  let rest = ''
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) acknowledged.push(Number(line))
    show(Math.min(acknowledged.length, acknowledgementsBeforeTheKill))
    if (acknowledged.length >= acknowledgementsBeforeTheKill) child.kill('SIGKILL')
  })
  const [code, signal] = await ended
  return { acknowledged, signal: signal ?? `exit code ${code}` }
}

/**
 * Kills a process in the middle of durable writes, opens its database and looks for every write that was acknowledged.
 * Returns the database, open.
 */
export async function crash(
  directory: string,
  recordsBefore: number,
  report: Report,
): Promise<{ db: CityDatabase; step: Step }> {
  const killed = await timed(() => writeAndKill(directory, report))
  const { acknowledged, signal } = killed.result
  const opened = await timed(() => openCities(directory))
  const db = opened.result
  const { bytesCut, records } = db.recovery
  const byBatch = new Map<number, number>()
  let others = 0
  for (const key of db.keys()) {
    const number = key.startsWith(crashPrefix) ? Number(key.split('/')[1]) : undefined
    if (number === undefined) others++
    else byBatch.set(number, (byBatch.get(number) ?? 0) + 1)
  }
  const there = acknowledged.filter((number) => {
    return batchKeys(number).every(
      (key) => (db.getSync(key) as { number: number } | undefined)?.number === number,
    )
  }).length
  const torn = [...byBatch.values()].filter((keys) => keys !== keysInBatch).length
  const step = {
    title: 'crash',
    lines: [
      `a child wrote durable batches of ${keysInBatch}, ${seconds(killed.ms)} until it ended by ${signal}`,
      `reopened in ${seconds(opened.ms)}: ${count(records)} writes replayed from the log, ${count(bytesCut)} torn bytes cut`,
    ],
    numbers: {
      acknowledged: acknowledged.length,
      there,
      batchesFound: byBatch.size,
      torn,
      replayed: records,
      bytesCut,
      openMs: opened.ms,
    },
    proofs: [
      {
        claim: 'the child was killed while it wrote',
        holds: signal === 'SIGKILL' && acknowledged.length >= acknowledgementsBeforeTheKill,
        found: `${count(acknowledged.length)} batches acknowledged`,
      },
      {
        claim: 'every acknowledged batch is there',
        holds: there === acknowledged.length,
        found: `${count(there)} of ${count(acknowledged.length)}`,
      },
      {
        claim: 'batches that were not acknowledged are whole or absent',
        holds: torn === 0,
        found: `${count(byBatch.size - there)} whole, ${torn} torn`,
      },
      {
        claim: 'nothing that was written before is lost',
        holds: others === recordsBefore,
        found: `${count(others)} records`,
      },
    ],
  }
  return { db, step }
}
