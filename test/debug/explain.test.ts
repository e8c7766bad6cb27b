/** Explanations against the reads that they explain, on random histories; BURROW_TEST_SEED repeats a run. */
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, onTestFailed, test } from 'vitest'
import { Database, type DatabaseOptions, type Snapshot } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { Random, testSeed } from '../model/random.ts'
import { closing } from './closing.ts'

const KiB = 1024
const keys = Array.from({ length: 60 }, (_, i) => `key/${String(i).padStart(3, '0')}`)

const small = {
  memtableSize: 4 * KiB,
  targetFileSize: 4 * KiB,
  baseLevelSize: 8 * KiB,
  levelSizeMultiplier: 2,
  blockSize: KiB,
  maxOpenFiles: 16,
} as const

interface Moment {
  readonly snapshot: Snapshot | undefined
  readonly model: ReadonlyMap<string, string>
}

/** A random write, on the database and on the model. */
function write(db: Database, random: Random, model: Map<string, string>): void {
  const key = random.pick(keys)
  const kind = random.below(12)
  if (kind === 0) {
    const [gte, lt] = [random.pick(keys), random.pick(keys)].sort() as [string, string]
    db.deleteRangeSync({ gte, lt }, { sync: false })
    for (const one of keys) if (one >= gte && one < lt) model.delete(one)
  } else if (kind < 4) {
    db.deleteSync(key, { sync: false })
    model.delete(key)
  } else {
    const value = 'x'.repeat(random.below(120)) + String(random.uint32())
    db.putSync(key, value, { sync: false })
    model.set(key, value)
  }
}

/** Both of one moment: a call of the debugger may take in what a compaction has made of the tables meanwhile. */
function lookInto(db: Database, key: string, snapshot: Snapshot | undefined) {
  for (;;) {
    const history = db.debug.keyHistory(key, { snapshot })
    const explained = db.debug.explainGet(key, { snapshot })
    if (isDeepStrictEqual(history, db.debug.keyHistory(key, { snapshot }))) return { explained, history }
  }
}

function check(db: Database, { model, snapshot }: Moment): void {
  for (const key of [...keys, 'a', 'key', 'zzz']) {
    const { explained, history } = lookInto(db, key, snapshot)
    const { found, sequence, steps, value } = explained
    expect([found, value], key).toEqual([model.has(key), model.get(key)])
    expect(db.getSync(key, { snapshot }), key).toBe(value)
    const hits = steps.filter(({ outcome }) => outcome === 'hit')
    expect(hits.length, key).toBe(found ? 1 : 0)
    if (found) expect(steps.at(-1), key).toMatchObject({ outcome: 'hit', sequence })

    const sequences = history.map((version) => version.sequence)
    expect(sequences, key).toEqual([...sequences].sort((a, b) => b - a))
    expect(history[0]?.kind === 'put', key).toBe(found)
    if (found) {
      const { file, level, memtable, place } = steps.at(-1)!
      const valueBytes = Buffer.byteLength(value as string)
      expect(history[0], key).toMatchObject({ sequence, file, level, memtable, place, valueBytes })
    }
  }
  for (const reverse of [false, true]) {
    const { complete, records } = db.debug.explainScan(
      { gte: 'key/010', lt: 'key/050' },
      { snapshot, reverse },
    )
    const returned = [...model.keys()].filter((key) => key >= 'key/010' && key < 'key/050').length
    expect([records.returned, complete]).toEqual([returned, true])
    expect(records.passed).toBeGreaterThanOrEqual(returned)
  }
}

const settings: [string, Partial<DatabaseOptions>][] = [
  ['small tables, filters', small],
  ['no filters, no cache', { ...small, bloomBitsPerKey: 0, blockCacheSize: 0 }],
]

test.each(settings)('explanations have the answers of reads: %s', async (_, options) => {
  const seed = testSeed()
  onTestFailed(() => console.error(`BURROW_TEST_SEED=${seed}`))
  const random = new Random(seed)
  const env = native.memoryEnv()
  let db = closing(await Database.open('db', { ...options, env }))
  const model = new Map<string, string>()
  let held: Moment[] = []
  for (let round = 0; round < 12; round++) {
    for (let i = 0; i < 150; i++) write(db, random, model)
    if (random.chance(0.3)) await db.flush()
    if (random.chance(0.15)) await db.compact()
    if (random.chance(0.4)) held.push({ snapshot: db.snapshot() as Snapshot, model: new Map(model) })
    if (random.chance(0.1)) {
      await db.close()
      held = []
      db = closing(await Database.open('db', { ...options, env }))
    }
    for (const moment of [{ snapshot: undefined, model }, ...held]) check(db, moment)
    if (held.length > 2) held.shift()!.snapshot!.close()
  }
})

describe('explainGet', () => {
  /** A table in a deep level, one in L0, and a memtable. */
  async function layered(): Promise<Database> {
    const db = closing(await Database.open(':memory:'))
    for (let i = 100; i < 200; i++) db.putSync(`deep/${i}`, 'old')
    await db.compact()
    await db.pauseCompaction()
    for (const key of ['deep/120', 'deep/180']) db.putSync(key, 'newer')
    db.deleteSync('deep/130')
    await db.flush()
    db.putSync('deep/140', 'newest')
    db.deleteRangeSync({ gte: 'deep/150', lt: 'deep/160' })
    return db
  }
  const way = (db: Database, key: string) =>
    db.debug.explainGet(key).steps.map(({ outcome, place }) => `${place} ${outcome}`)

  test('tells each place in order and why it was passed', async () => {
    const db = await layered()
    const deep = `L${db.levels().length - 1}`
    expect(way(db, 'deep/140')).toEqual(['memtable hit'])
    expect(way(db, 'deep/120')).toEqual(['memtable not-in-memtable', 'L0 hit'])
    expect(way(db, 'deep/130')).toEqual(['memtable not-in-memtable', 'L0 tombstone'])
    expect(way(db, 'deep/199')).toEqual(['memtable not-in-memtable', 'L0 range-skip', `${deep} hit`])
    expect(way(db, 'zzz')).toEqual(['memtable not-in-memtable', 'L0 range-skip', `${deep} range-skip`])
    expect(way(db, 'deep/150')).toEqual([
      'memtable tombstone',
      expect.stringMatching(/^L0 /),
      `${deep} tombstone`,
    ])
    const absent = Array.from({ length: 50 }, (_, i) => way(db, `deep/1${20 + i}x`)[2])
    expect(absent).toContain(`${deep} bloom-skip`)
    const { sequence, rangeTombstone } = db.debug.explainGet('deep/150').steps[0]!
    expect([sequence, rangeTombstone]).toEqual([null, 105])
  })

  test('tells where blocks come from, and what was opened', async () => {
    const env = native.memoryEnv()
    const db = closing(await Database.open('db', { env }))
    for (let i = 0; i < 1000; i++) db.putSync(`k${i}`, 'v'.repeat(100))
    await db.close()
    const again = closing(await Database.open('db', { env }))
    const [first, second] = [again.debug.explainGet('k500'), again.debug.explainGet('k500')]
    expect(first.steps.at(-1)).toMatchObject({ blockRead: 'disk', opened: true, filtered: true })
    expect(second.steps.at(-1)).toMatchObject({ blockRead: 'cache', opened: false, filtered: true })
    expect(second.steps.every(({ microseconds }) => microseconds > 0)).toBe(true)
  })

  test('takes keys and gives values of every encoding, and hides them', async () => {
    const db = closing(await Database.open(':memory:', { keyEncoding: 'json', valueEncoding: 'json' }))
    db.putSync(['a', 1], { b: 2 })
    expect(db.debug.explainGet(['a', 1]).value).toEqual({ b: 2 })
    const key = Buffer.from('["a",1]')
    const bytes = db.debug.explainGet(key, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
    expect(bytes.value).toEqual(Buffer.from('{"b":2}'))
    expect(db.debug.explainGet(['a', 1], { redact: true }).value).toBe('<7 bytes>')
  })

  test('fails as get does when the table is damaged', async () => {
    const env = native.faultEnv(native.memoryEnv())
    const db = closing(await Database.open('db', { env, blockCacheSize: 0 }))
    for (let i = 0; i < 1000; i++) db.putSync(`k${i}`, 'v')
    await db.flush()
    db.getSync('k1')
    env.addRule!({ operations: ['read'], pathContains: '.sst', effect: 'garbage', repeat: true })
    const corrupt = expect.objectContaining({ code: 'BURROW_CORRUPTION' })
    expect(() => db.getSync('k500')).toThrow(corrupt)
    expect(() => db.debug.explainGet('k500')).toThrow(corrupt)
    expect(() => db.debug.keyHistory('k500')).toThrow(corrupt)
    expect(() => db.debug.explainScan({})).toThrow(corrupt)
  })
})

describe('explainScan', () => {
  test('tells files, blocks, and what it passed over', async () => {
    const db = closing(await Database.open(':memory:', { blockSize: KiB, compression: 'none' }))
    for (let i = 0; i < 1000; i++) db.putSync(`a${String(i).padStart(4, '0')}`, 'v'.repeat(50))
    await db.compact()
    for (let i = 100; i < 110; i++) db.deleteSync(`a0${i}`)
    db.deleteRangeSync({ gte: 'a0200', lt: 'a0220' })
    db.putSync('a0300', 'again')
    const found = db.debug.explainScan({ gte: 'a0000', lt: 'a0400' })
    expect(found).toMatchObject({
      records: { returned: 370, passed: 411, tombstones: 10, hidden: 31 },
      memtables: [{ place: 'memtable', entries: 12 }],
      files: [{ level: db.levels().length - 1, outcome: 'read' }],
      filesSkipped: [],
      bytesReturned: { keys: 370 * 5, values: 369 * 50 + 5 },
      complete: true,
    })
    expect(found.blocks.cache + found.blocks.disk).toBeGreaterThan(20)
    const again = db.debug.explainScan({ gte: 'a0000', lt: 'a0400' })
    expect([again.blocks.disk, again.bytesRead]).toEqual([0, 0])
    const short = db.debug.explainScan({}, { limit: 2, reverse: true })
    expect(short).toMatchObject({ records: { returned: 2 }, complete: false })
    expect(db.debug.explainScan({ gte: 'b' })).toMatchObject({
      records: { returned: 0 },
      files: [],
      filesSkipped: [{ files: 1 }],
    })
    expect(db.debug.explainScan({ gte: 'b', lt: 'a' }).records.returned).toBe(0)
  })
})

test('arguments are checked', async () => {
  const db = closing(await Database.open(':memory:'))
  const other = closing(await Database.open(':memory:'))
  const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
  expect(() => db.debug.explainGet('')).toThrow(invalid)
  expect(() => db.debug.explainGet('a', { redacted: true } as never)).toThrow("did you mean 'redact'?")
  expect(() => db.debug.explainGet('a', { snapshot: other.snapshot() as Snapshot })).toThrow(invalid)
  expect(() => db.debug.keyHistory(undefined)).toThrow(invalid)
  expect(() => db.debug.keyHistory('a', { keyFormat: 'octal' as never })).toThrow(invalid)
  expect(() => db.debug.explainScan({ from: 'a' } as never)).toThrow(invalid)
  expect(() => db.debug.explainScan({}, { limit: -1 })).toThrow(invalid)
})
