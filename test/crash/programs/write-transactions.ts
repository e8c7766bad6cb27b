// Runs in a child process, on the build, until it is killed, or kills itself in an operation of the file system: writes
// transactions in every way there is, flushes, compacts, backs up, closes and opens again, and says on standard output
// which transactions are acknowledged.
import { writeSync as writeOut } from 'node:fs'
import { Database, type DatabaseOptions } from '../../../lib/index.ts'
import { type FaultRule, native } from '../../../lib/native.ts'
import { Random } from '../../model/random.ts'
import { write, writeSync } from '../transactions.ts'

export interface Life {
  readonly directory: string
  readonly backups: string
  /** The first transaction to write. */
  readonly first: number
  readonly seed: number
  readonly options: DatabaseOptions
  /** Where the process dies by itself. */
  readonly death: FaultRule | null
}

const { backups, death, directory, first, options, seed } = JSON.parse(process.argv[2]!) as Life
const random = new Random(seed)
let next = first
const say = (line: string) => writeOut(1, `${line}\n`)

// Ending by itself means that something is awaited that never comes.
let phase = 'begin'
process.on('exit', () => writeOut(2, `while it was in: ${phase}`))

const env = native.faultEnv(native.posixEnv())
if (death !== null) env.addRule!(death)

say('begin')
for (;;) {
  phase = 'open'
  const db = await Database.open(directory, { ...options, env })
  const background: Promise<unknown>[] = []
  for (let burst = random.between(5, 45); burst > 0; burst--) {
    const count = random.between(1, 60)
    phase = 'write'
    const how = { sync: random.chance(0.6) }
    if (random.chance(0.5)) {
      for (let i = 0; i < count; i++) {
        writeSync(db, next, how)
        say(String(next++))
      }
    } else {
      const done: Promise<void>[] = []
      for (let i = 0; i < count; i++) {
        const t = next++
        done.push(write(db, t, how).then(() => void say(String(t))))
      }
      await Promise.all(done)
    }
    if (random.chance(1 / 15)) background.push(db.flush())
    if (random.chance(1 / 30)) background.push(db.compact())
    if (random.chance(1 / 12)) {
      phase = 'backup'
      const holds = next - 1
      await db.backup(backups, { keep: { count: 3 } })
      say(`backup ${holds}`)
    }
  }
  phase = 'close'
  // Compactions that close ends reject.
  await Promise.all([Promise.allSettled(background), db.close()])
}
