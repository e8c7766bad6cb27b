import { setTimeout as sleep } from 'node:timers/promises'
import { Database, isBurrowError } from '../../lib/index.ts'
import { type FaultRule, type NativeEnv, native } from '../../lib/native.ts'
import { lastApplied, write, writeSync } from './transactions.ts'

const options = {
  memtableSize: 8192,
  targetFileSize: 8192,
  l0CompactionTrigger: 2,
  manifestRollSize: 2048,
  blockCacheSize: 0,
} as const
const scale = { kept: 60, trimEvery: 30 }
const transactions = 120
const longestMs = 30_000

type Fault = Pick<FaultRule, 'effect' | 'errno'>
const failing = (...errnos: string[]): Fault[] => errnos.map((errno) => ({ effect: 'error', errno }))
const cutShort = (...errnos: string[]): Fault[] => errnos.map((errno) => ({ effect: 'short', errno }))

/** What can go wrong with each kind of operation. */
const faults: Readonly<Record<string, readonly Fault[]>> = {
  open: failing('EIO', 'EMFILE', 'EACCES'),
  create: failing('EIO', 'ENOSPC', 'EROFS', 'EMFILE', 'EACCES'),
  read: [...failing('EIO', 'EINTR'), { effect: 'garbage' }, { effect: 'short' }],
  write: [...failing('EIO', 'ENOSPC', 'EROFS', 'EDQUOT', 'EINTR'), ...cutShort('EIO', 'ENOSPC')],
  sync: failing('EIO', 'ENOSPC', 'EINTR'),
  syncdir: failing('EIO', 'EMFILE'),
  rename: failing('EIO', 'ENOSPC', 'EACCES'),
  remove: failing('EIO', 'EROFS', 'EACCES'),
  link: failing('EIO', 'ENOSPC', 'EACCES'),
  allocate: failing('EIO', 'ENOSPC'),
  truncate: failing('EIO', 'EROFS'),
  close: failing('EIO', 'ENOSPC'),
  lock: failing('EIO', 'EACCES', 'EMFILE'),
  list: failing('EIO', 'EMFILE', 'EACCES'),
  size: failing('EIO', 'EACCES'),
  mkdir: failing('EACCES', 'EROFS', 'ENOSPC'),
}
/** No failure of these is a reason to refuse writes. */
const harmless = new Set(['open', 'read', 'remove', 'link', 'lock', 'list', 'size', 'mkdir'])

export interface Failed {
  readonly cases: number
  /** Cases in which the operation came and failed. */
  readonly met: number
  /** By kind of operation. */
  readonly byKind: Record<string, number>
  /** Cases in which the database was read-only at the end. */
  readonly readOnly: number
}

/**
 * Fails each operation of a fixed workload once, in turn and in every way it can, or every `step`th. Writing goes on
 * where that is allowed; what was acknowledged is there after opening again, and every error says what it is.
 */
export async function failOperations(step: number): Promise<Failed> {
  const counted = native.faultEnv(native.memoryEnv())
  const sound = new Workload(counted)
  await sound.run()
  if (sound.errors.length > 0) throw new Error('the workload fails by itself', { cause: sound.errors[0] })
  const { byKind } = counted.operations!()
  const report = { cases: 0, met: 0, byKind: {} as Record<string, number>, readOnly: 0 }
  const warnings: Error[] = []
  // How Node tells of an error that a native callback had nobody to give to.
  const warned = (warning: Error) => warnings.push(warning)
  process.on('warning', warned)
  let turn = 0
  for (const [kind, ways] of Object.entries(faults)) {
    const total = byKind[kind] ?? 0
    for (let after = 1; after <= total; after++) {
      for (const fault of ways) {
        if (turn++ % step !== 0) continue
        const what = `${fault.effect} ${fault.errno ?? ''} in ${kind} ${after} of ${total}`
        const { met, readOnly } = await within(longestMs, what, failOne(kind, { ...fault, after }))
        report.cases++
        if (met) report.met++
        if (met) report.byKind[kind] = (report.byKind[kind] ?? 0) + 1
        if (readOnly) report.readOnly++
      }
    }
  }
  process.off('warning', warned)
  if (warnings.length > 0) throw new Error(`an error went uncaught: ${warnings[0]!.message}`)
  return report
}

async function failOne(
  kind: string,
  fault: Fault & { after: number },
): Promise<{ met: boolean; readOnly: boolean }> {
  const memory = native.memoryEnv()
  const env = native.faultEnv(memory)
  env.addRule!({ operations: [kind], ...fault })
  const workload = new Workload(env)
  await workload.run()
  const expected = ['BURROW_IO', 'BURROW_NO_SPACE', 'BURROW_READ_ONLY']
  // Bytes that are wrong or missing cannot be told from a damaged file.
  if (fault.effect === 'garbage' || (kind === 'read' && fault.effect === 'short'))
    expected.push('BURROW_CORRUPTION')
  for (const error of workload.errors) {
    if (!isBurrowError(error) || !expected.includes(error.code)) {
      throw new Error(`an error is no answer: ${String(error)}`, { cause: error })
    }
  }
  if (workload.readOnly && harmless.has(kind)) throw new Error('it refuses writes for no reason')
  const db = await Database.open('db', { ...options, env: memory })
  const last = lastApplied(db, scale)
  if (last < workload.acknowledged)
    throw new Error(`${workload.acknowledged} was acknowledged; the last one found is ${last}`)
  writeSync(db, last + 1, undefined, scale)
  await db.flush()
  await db.close()
  const again = await Database.open('db', { ...options, env: memory })
  if (lastApplied(again, scale) !== last + 1) throw new Error('what was written after opening again is lost')
  if (!again.recovery.clean) throw new Error('the database was not closed cleanly after opening again')
  await again.close()
  return { met: (env.operations!().byKind[kind] ?? 0) >= fault.after, readOnly: workload.readOnly }
}

/** Opens, writes in every way, flushes, compacts, reads in every way, makes a checkpoint, closes; and all that again. */
class Workload {
  readonly #env: NativeEnv
  readonly errors: unknown[] = []
  acknowledged = -1
  readOnly = false
  #next = 0

  constructor(env: NativeEnv) {
    this.#env = env
  }

  async run(): Promise<void> {
    await this.#session(transactions / 2)
    await this.#session(transactions)
  }

  async #session(until: number): Promise<void> {
    const db = await this.#try(() => Database.open('db', { ...options, env: this.#env }))
    if (db === undefined) return
    try {
      for (; this.#next < until; this.#next++) {
        if (!(await this.#write(db, this.#next))) break
        if (this.#next % 40 === 20) await this.#try(() => db.flush())
      }
      await this.#try(() => db.compact())
      await this.#read(db)
      await this.#try(() => db.checkpoint(`copy-${until}`))
      if (db.status === 'read-only') this.readOnly = true
    } finally {
      await this.#try(() => db.close())
    }
  }

  async #read(db: Database): Promise<void> {
    if (this.acknowledged < 0) return
    await this.#try(async () => lastApplied(db, scale))
    const snapshot = db.snapshot()
    const found = await this.#try(() => snapshot.entries().all())
    if (found !== undefined) {
      const keys = found.map(([key]) => key)
      const values = await this.#try(() => db.getMany(keys))
      if (values?.some((value, i) => value !== found[i]![1])) throw new Error('getMany differs from the scan')
    }
    snapshot.close()
  }

  /** False when the database takes no writes any more. */
  async #write(db: Database, t: number): Promise<boolean> {
    for (let attempt = 0; attempt < 100; attempt++) {
      const before = this.errors.length
      await this.#try(async () => {
        if (t % 2 === 0) writeSync(db, t, { sync: t % 4 === 0 }, scale)
        else await write(db, t, { sync: t % 4 === 1 }, scale)
      })
      if (this.errors.length === before) {
        this.acknowledged = t
        return true
      }
      if (db.status === 'read-only') return false
      await sleep(5)
    }
    throw new Error(`transaction ${t} never got through: ${String(this.errors.at(-1))}`)
  }

  async #try<T>(run: () => Promise<T>): Promise<T | undefined> {
    try {
      return await run()
    } catch (error) {
      this.errors.push(error)
      return undefined
    }
  }
}

async function within<T>(milliseconds: number, what: string, work: Promise<T>): Promise<T> {
  const timeout = AbortSignal.timeout(milliseconds)
  const late = new Promise<never>((_, reject) => {
    timeout.addEventListener('abort', () => reject(new Error(`nothing happened for ${milliseconds} ms`)))
  })
  try {
    return await Promise.race([work, late])
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error })
  }
}
