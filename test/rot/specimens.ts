import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { scratch } from './scratch.ts'

/** Contents of a database, in order of the keys. */
export type Contents = readonly (readonly [key: string, value: string])[]

/** The files of a small database as they stood at some moment, and what reading them must give. */
export interface Specimen {
  readonly name: string
  readonly files: ReadonlyMap<string, Buffer>
  readonly closed: boolean
  /** Contents after none, one, two, … of the writes that only logs hold; the last is what the whole files give. */
  readonly history: readonly Contents[]
}

/** Each level has another codec; small blocks, so that a table of a few kilobytes has several. */
const specimenOptions = {
  memtableSize: 8192,
  maxMemtables: 8,
  blockSize: 1024,
  targetFileSize: 4096,
  baseLevelSize: 4096,
  levelSizeMultiplier: 2,
  compression: ['none', 'none', 'lz4', 'lz4', 'lz4', 'lz4', 'zstd'],
  blockCacheSize: 0,
  l0CompactionTrigger: 20,
  maxBackgroundJobs: 1,
  idleCompaction: false,
  readThreads: 1,
} as const

const options = {
  ...specimenOptions,
  compression: specimenOptions.compression.map((codec) => (native.codecs.includes(codec) ? codec : 'lz4')),
}

/** Options with which specimens are opened: nothing is compacted. */
export const openOptions = options

/**
 * A database with tables in L0 and below, range deletions, and unflushed logs, at three moments: with its logs in use,
 * as a killed process leaves them; closed without having been able to flush; closed.
 */
export async function makeSpecimens(seed = 'a'): Promise<Specimen[]> {
  const directory = mkdtempSync(join(scratch(), 'burrow-specimen-'))
  const env = native.faultEnv(native.posixEnv())
  let db: Database = await Database.open(directory, { ...options, env, l0CompactionTrigger: 1 })
  const model = new Map<string, string>()
  const put = (key: string, value: string, sync = false) => {
    db.putSync(key, value, { sync })
    model.set(key, value)
  }
  const deleteRange = (gte: string, lt: string) => {
    db.deleteRangeSync({ gte, lt })
    for (const key of model.keys()) if (key >= gte && key < lt) model.delete(key)
  }
  for (let i = 10; i < 50; i++) put(`k${i}`, `${seed}${i}.`.repeat(16))
  await db.compact()
  for (let i = 30; i < 48; i++) put(`k${i}`, `newer ${seed}${i}`)
  await db.flush()
  while (db.levels()[0]!.files.length > 0) await new Promise((resolve) => setTimeout(resolve, 1))
  await db.close()
  db = await Database.open(directory, { ...options, env })
  for (let i = 12; i < 40; i += 4) put(`k${i}`, `second ${seed}${i}`)
  deleteRange('k20', 'k24')
  db.deleteSync('k30')
  model.delete('k30')
  await db.flush()
  for (let i = 40; i < 60; i += 3) put(`k${i}`, `third ${seed}${i}`)
  deleteRange('k55', 'k56')
  deleteRange('z', 'zz')
  await db.flush()
  const sorted = (): Contents => [...model].sort(([a], [b]) => (a < b ? -1 : 1))
  const history = [sorted()]
  const specimens: Specimen[] = []
  const take = async (name: string, closed: boolean) => {
    specimens.push({
      name,
      closed,
      files: withoutSpace(await settledFiles(directory)),
      history: [...history],
    })
  }
  const write = (key: string, value: string, sync: boolean) => {
    put(key, value, sync)
    history.push(sorted())
  }
  await take('killed after a flush', false)
  for (let i = 0; i < 4; i++) write(`k1${i}`, `logged ${i}`, i < 2)
  await take('killed with one log', false)
  // No table comes to be any more, so that logs stay.
  const broken = env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
  await db.flush().catch(() => {})
  write('k15', 'in the next log', false)
  write('k65', 'new', false)
  await take('killed with two logs', false)
  write('k16', 'durable', true)
  deleteRange('k17', 'k19')
  history.push(sorted())
  write('k66', 'behind it', false)
  await take('killed with two logs, the second one synced', false)
  await db.close()
  await take('closed with logs', true)
  env.removeRule!(broken)
  const again = await Database.open(directory, { ...options, env })
  await again.close()
  history.splice(0, history.length - 1)
  await take('closed', true)
  rmSync(directory, { recursive: true })
  return specimens
}

/** Logs with a little of the space that is allocated ahead, not megabytes of it. */
function withoutSpace(files: ReadonlyMap<string, Buffer>): Map<string, Buffer> {
  const cut = (bytes: Buffer) => {
    const used = bytes.findLastIndex((byte) => byte !== 0) + 1
    return bytes.subarray(0, used + 64)
  }
  return new Map([...files].map(([name, bytes]) => [name, name.endsWith('.wal') ? cut(bytes) : bytes]))
}

/**
 * The files once background work has come to rest: a new log is made some time after it is wanted, and another thread
 * removes obsolete files, possibly between the listing of a file and its reading.
 */
async function settledFiles(directory: string): Promise<Map<string, Buffer>> {
  let files: Map<string, Buffer> | undefined
  for (;;) {
    const later = readFilesUnlessRemoved(directory)
    if (later !== undefined && isDeepStrictEqual(later, files)) return later
    files = later
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Undefined when a file was removed meanwhile. */
function readFilesUnlessRemoved(directory: string): Map<string, Buffer> | undefined {
  try {
    return readFiles(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** All files of a database, without its lock. */
export function readFiles(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory, { withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.name !== 'LOCK',
  )
  return new Map(names.map(({ name }) => [name, readFileSync(join(directory, name))] as const).sort())
}
