/** Random databases, random damage, repair, and what must be true then. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../lib/index.ts'
import { fileName } from '../../lib/manifest/file-names.ts'
import { findDatabase } from '../../lib/manifest/recovery.ts'
import { native } from '../../lib/native.ts'
import { Random } from '../model/random.ts'
import { filesOf, named, overwrite, spill } from './wreck.ts'

const keyCount = 60
const keyOf = (key: number) => `key-${String(key).padStart(2, '0')}`

interface Wreck {
  /** Every value that a key ever had. */
  readonly written: ReadonlyMap<string, ReadonlySet<string>>
  /** Closed: no file is there that is of no use any more. */
  readonly closed: boolean
}

async function makeWreck(random: Random, directory: string): Promise<Wreck> {
  const env = native.memoryEnv()
  const written = new Map<string, Set<string>>()
  const db = await Database.open('db', {
    env,
    memtableSize: random.pick([4096, 8192]),
    targetFileSize: 4096,
    blockSize: 1024,
    l0CompactionTrigger: random.pick([2, 4]),
    baseLevelSize: random.pick([4096, 32768]),
    manifestRollSize: random.pick([1024, 65536]),
    compression: random.pick(['none', 'lz4']),
  })
  const steps = random.between(50, 900)
  for (let i = 0; i < steps; i++) {
    const key = keyOf(random.below(keyCount))
    const action = random.below(100)
    if (action < 75) {
      const value = `${i}:${'v'.repeat(random.below(80))}`
      written.set(key, (written.get(key) ?? new Set()).add(value))
      db.putSync(key, value)
    } else if (action < 92) db.deleteSync(key)
    else if (action < 95) {
      const begin = random.below(keyCount)
      db.deleteRangeSync({ gte: keyOf(begin), lt: keyOf(begin + random.between(1, 8)) })
    } else if (action < 97) await db.flush()
    else if (action < 98) await db.compact()
    else await new Promise((turn) => setImmediate(turn))
  }
  const closed = random.chance(0.5)
  if (closed) await db.close()
  spill(closed ? env : env.crashClone!('kill', random.uint32()), 'db', directory)
  if (!closed) await db.close()
  return { written, closed }
}

interface Version {
  readonly sequence: number
  /** Undefined: deleted. */
  readonly value: string | undefined
  readonly files: readonly string[]
}

/** The newest version of each key in the files that the manifest names, and which of them have it. */
function newestVersions(directory: string, live: ReadonlySet<string>): Map<string, Version> {
  const env = native.posixEnv()
  const newest = new Map<string, Version>()
  const see = (key: string, sequence: number, value: string | undefined, file: string) => {
    const seen = newest.get(key) ?? { sequence: 0, files: [] }
    const files = seen.sequence === sequence ? [...seen.files, file] : [file]
    if (seen.sequence <= sequence) newest.set(key, { sequence, value, files })
  }
  const deleteRange = (begin: string, end: string, sequence: number, file: string) => {
    for (let i = 0; i < keyCount; i++) {
      const key = keyOf(i)
      if (key >= begin && key < end) see(key, sequence, undefined, file)
    }
  }
  for (const file of named(directory, /\.sst$/)) {
    if (!live.has(file)) continue
    const dump = native.dumpTable(env, join(directory, file), Number.parseInt(file, 10), 1e6)
    for (const { key, kind, sequence, value } of dump.records) {
      see(key.toString(), sequence, kind === 'put' ? value.toString() : undefined, file)
    }
    for (const { begin, end, sequences } of dump.rangeTombstones) {
      for (const sequence of sequences) deleteRange(begin.toString(), end.toString(), sequence, file)
    }
  }
  for (const file of named(directory, /\.wal$/)) {
    if (!live.has(file)) continue
    const { records } = native.readLog(env, join(directory, file), 'wal', Number.parseInt(file, 10))
    for (const { payload } of records) {
      let sequence = Number(payload.readBigUInt64LE(0))
      for (let at = 12; at < payload.length; sequence++) {
        const [kind, keySize, valueSize] = [
          payload[at]!,
          payload.readUInt16LE(at + 1),
          payload.readUInt32LE(at + 3),
        ]
        const key = payload.toString('utf8', at + 7, at + 7 + keySize)
        const value = payload.toString('utf8', at + 7 + keySize, at + 7 + keySize + valueSize)
        at += 7 + keySize + valueSize
        if (kind === 2) deleteRange(key, value, sequence, file)
        else see(key, sequence, kind === 1 ? value : undefined, file)
      }
    }
  }
  return newest
}

interface Damage {
  readonly kind: string
  /** Files that are damaged or gone. */
  readonly file: string
  /** Nobody can miss it. */
  readonly evident: boolean
}

const tableDamage = ['flip', 'flip', 'flip', 'cut', 'zero', 'footer', 'remove'] as const
const otherDamage = [
  'no CURRENT',
  'empty CURRENT',
  'bad CURRENT',
  'no manifest',
  'manifest',
  'log',
  'no log',
] as const

function damage(random: Random, directory: string): Damage | undefined {
  const tables = named(directory, /\.sst$/)
  if (tables.length > 0 && random.chance(0.5)) return damageTable(random, directory, random.pick(tables))
  const kind = random.pick(otherDamage)
  const current = join(directory, 'CURRENT')
  const [manifest] = named(directory, /^MANIFEST/)
  const log = random.pick(named(directory, /\.wal$/))
  switch (kind) {
    case 'no CURRENT':
      rmSync(current, { force: true })
      return { kind, file: 'CURRENT', evident: true }
    case 'empty CURRENT':
    case 'bad CURRENT':
      writeFileSync(current, kind === 'bad CURRENT' ? 'MANIFEST-999999\n' : '')
      return { kind, file: kind === 'bad CURRENT' ? 'MANIFEST-999999' : 'CURRENT', evident: true }
    case 'no manifest':
      if (manifest === undefined) return undefined
      rmSync(join(directory, manifest))
      return { kind, file: manifest, evident: false }
    case 'manifest':
      if (manifest === undefined) return undefined
      overwrite(join(directory, manifest), (bytes) => {
        bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
      })
      return { kind, file: manifest, evident: false }
    case 'log':
    case 'no log':
      if (log === undefined) return undefined
      if (kind === 'no log') rmSync(join(directory, log))
      else {
        overwrite(join(directory, log), (bytes) => {
          if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8)
        })
      }
      return { kind, file: log, evident: false }
  }
}

function damageTable(random: Random, directory: string, file: string): Damage {
  const path = join(directory, file)
  const kind = random.pick(tableDamage)
  if (kind === 'remove') rmSync(path)
  else if (kind === 'cut')
    writeFileSync(path, readFileSync(path).subarray(0, random.below(readFileSync(path).length)))
  else {
    overwrite(path, (bytes) => {
      const at = random.below(bytes.length)
      if (kind === 'zero') bytes.fill(0, at, Math.min(bytes.length, at + random.between(1, 2000)))
      else if (kind === 'footer') bytes.fill(0xa5, Math.max(0, bytes.length - 20))
      else bytes[at]! ^= 1 << random.below(8)
    })
  }
  // A changed byte may be one that nobody reads, and zeros may be zeros.
  return { kind: `table: ${kind}`, file, evident: kind === 'cut' || kind === 'footer' || kind === 'remove' }
}

/** One random database, damaged and repaired. Throws with the seed when something is not as it must be. */
export async function repairOnce(seed: number, directory: string): Promise<void> {
  const random = new Random(seed)
  const damages: Damage[] = []
  try {
    const { closed, written } = await makeWreck(random, directory)
    const { state } = findDatabase(native.posixEnv(), directory)!
    const tables = [...state.version.all()].map(({ table }) => fileName('table', table.number))
    const live = new Set([...tables, ...state.wals.map((number) => fileName('wal', number))])
    const newest = newestVersions(directory, live)
    for (let i = random.between(1, 3); i > 0; i--) damages.push(...[damage(random, directory) ?? []].flat())
    const before = filesOf(directory)
    const planned = await Database.repair(directory, { dryRun: true })
    if (!sameFiles(filesOf(directory), before)) throw new Error('the dry run changed something')
    const report = await Database.repair(directory)
    const names = (list: typeof report) => list.damaged.map(({ file }) => file).join(' ')
    if (names(planned) !== names(report)) throw new Error(`planned ${names(planned)}; found ${names(report)}`)
    for (const { evident, file } of damages) {
      // Without a manifest nobody knows of a file that is gone, and CURRENT may have been damaged twice.
      const known = damages.length === 1 || (report.manifest === 'whole' && file.endsWith('.sst'))
      const counts = !file.endsWith('.sst') || live.has(file)
      if (evident && known && counts && !report.damaged.some((found) => found.file === file)) {
        throw new Error(`the report does not name ${file}`)
      }
    }
    if (report.sound !== (report.damaged.length === 0))
      throw new Error('sound with damage, or damaged without')
    const kept = filesOf(directory)
    for (const [name, content] of before) {
      const there = [...kept].some(([path, now]) => path.includes(name) && now === content)
      const useless = name === 'CURRENT' || report.sound
      if (!there && !useless) throw new Error(`${name} is nowhere any more`)
    }
    await check(directory, { damages, closed, written, newest, manifest: report.manifest })
  } catch (error) {
    const what = damages.map(({ file, kind }) => `${kind} ${file}`).join(', ')
    throw new Error(`seed ${seed}: ${what}: ${(error as Error).message}`, { cause: error })
  }
}

function sameFiles(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, content]) => b.get(name) === content)
}

async function check(
  directory: string,
  {
    closed,
    damages,
    manifest,
    newest,
    written,
  }: Wreck & { damages: readonly Damage[]; newest: ReadonlyMap<string, Version>; manifest: string },
): Promise<void> {
  const again = await Database.repair(directory)
  if (!again.sound)
    throw new Error(`still damaged: ${again.damaged.map(({ file, problem }) => `${file} ${problem}`)}`)
  const damaged = new Set(damages.map(({ file }) => file))
  const db = await Database.open(directory)
  try {
    const report = await db.verify()
    if (!report.ok) throw new Error(`not verified: ${report.problems.map(({ message }) => message)}`)
    for (let i = 0; i < keyCount; i++) {
      const key = keyOf(i)
      const value = db.getSync(key)
      if (value !== undefined && !written.get(key)?.has(value)) throw new Error(`${key} was never ${value}`)
      const version = newest.get(key)
      // Of a key that is deleted for good no record is left: without a manifest, old files could bring it back.
      const certain =
        version === undefined
          ? manifest === 'whole' && damaged.size === 0
          : !version.files.some((file) => damaged.has(file))
      if (certain && value !== version?.value && (manifest === 'whole' || closed || version !== undefined)) {
        throw new Error(
          `${key} is ${value}; ${version?.value} is in ${version?.files} with ${version?.sequence}`,
        )
      }
    }
  } finally {
    await db.close()
  }
}
