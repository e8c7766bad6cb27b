import { describe, expect, it } from 'vitest'
import { BurrowError, Database, type DatabaseOptions, isBurrowError } from '../../lib/index.ts'
import { oddValues } from './odd-values.ts'

// biome-ignore lint/suspicious/noExplicitAny: these calls are wrong on purpose.
type Anything = any

/** Every place of the interface where a caller can put a value; `asynchronous` calls must not throw. */
const places: [name: string, asynchronous: boolean, call: (db: Anything, odd: Anything) => unknown][] = [
  ['get(key)', true, (db, odd) => db.get(odd)],
  ['get(key, options)', true, (db, odd) => db.get('k', odd)],
  ['get keyEncoding', true, (db, odd) => db.get('k', { keyEncoding: odd })],
  ['get valueEncoding', true, (db, odd) => db.get('k', { valueEncoding: odd })],
  ['get snapshot', true, (db, odd) => db.get('k', { snapshot: odd })],
  ['get snapshot.sequence', true, (db, odd) => db.get('k', { snapshot: { sequence: odd } })],
  ['get json key', true, (db, odd) => db.get(odd, { keyEncoding: 'json' })],
  ['getSync(key)', false, (db, odd) => db.getSync(odd)],
  ['getSync(key, options)', false, (db, odd) => db.getSync('k', odd)],
  ['getSync buffer', false, (db, odd) => db.getSync(odd, { keyEncoding: 'buffer', valueEncoding: 'buffer' })],
  ['getSync snapshot.sequence', false, (db, odd) => db.getSync('k', { snapshot: { sequence: odd } })],
  ['getMany(keys)', true, (db, odd) => db.getMany(odd)],
  ['getMany([key])', true, (db, odd) => db.getMany(['k', odd])],
  ['getMany(keys, options)', true, (db, odd) => db.getMany(['k'], odd)],
  ['getManySync(keys)', false, (db, odd) => db.getManySync(odd)],
  ['getManySync([key])', false, (db, odd) => db.getManySync(['k', odd])],
  ['getManySync(keys, options)', false, (db, odd) => db.getManySync(['k'], odd)],
  ['has(key)', true, (db, odd) => db.has(odd)],
  ['has(key, options)', true, (db, odd) => db.has('k', odd)],
  ['hasSync(key)', false, (db, odd) => db.hasSync(odd)],
  ['hasSync(key, options)', false, (db, odd) => db.hasSync('k', odd)],
  ['put(key)', true, (db, odd) => db.put(odd, 'v')],
  ['put(key, value)', true, (db, odd) => db.put('k', odd)],
  ['put json value', true, (db, odd) => db.put('k', odd, { valueEncoding: 'json' })],
  ['put(key, value, options)', true, (db, odd) => db.put('k', 'v', odd)],
  ['put sync', true, (db, odd) => db.put('k', 'v', { sync: odd })],
  ['put wal', true, (db, odd) => db.put('k', 'v', { wal: odd })],
  ['put valueEncoding', true, (db, odd) => db.put('k', 'v', { valueEncoding: odd })],
  ['putSync(key)', false, (db, odd) => db.putSync(odd, 'v')],
  ['putSync(key, value)', false, (db, odd) => db.putSync('k', odd)],
  ['putSync(key, value, options)', false, (db, odd) => db.putSync('k', 'v', odd)],
  ['delete(key)', true, (db, odd) => db.delete(odd)],
  ['delete(key, options)', true, (db, odd) => db.delete('k', odd)],
  ['deleteSync(key)', false, (db, odd) => db.deleteSync(odd)],
  ['deleteSync(key, options)', false, (db, odd) => db.deleteSync('k', odd)],
  ['deleteRange(range)', true, (db, odd) => db.deleteRange(odd)],
  ['deleteRange gte', true, (db, odd) => db.deleteRange({ gte: odd, lt: 'b' })],
  ['deleteRange lt', true, (db, odd) => db.deleteRange({ gte: 'a', lt: odd })],
  ['deleteRange prefix', true, (db, odd) => db.deleteRange({ prefix: odd })],
  ['deleteRange(range, options)', true, (db, odd) => db.deleteRange({ gte: 'a', lt: 'b' }, odd)],
  ['deleteRangeSync(range)', false, (db, odd) => db.deleteRangeSync(odd)],
  ['batch(operations)', true, (db, odd) => db.batch(odd)],
  ['batch([operation])', true, (db, odd) => db.batch([{ type: 'put', key: 'x', value: 'y' }, odd])],
  ['batch type', true, (db, odd) => db.batch([{ type: odd, key: 'k', value: 'v' }])],
  ['batch key', true, (db, odd) => db.batch([{ type: 'put', key: odd, value: 'v' }])],
  ['batch value', true, (db, odd) => db.batch([{ type: 'put', key: 'k', value: odd }])],
  ['batch keyEncoding', true, (db, odd) => db.batch([{ type: 'delete', key: 'k', keyEncoding: odd }])],
  ['batch(operations, options)', true, (db, odd) => db.batch([{ type: 'delete', key: 'k' }], odd)],
  ['batchSync(operations)', false, (db, odd) => db.batchSync(odd)],
  ['batchSync([operation])', false, (db, odd) => db.batchSync([odd])],
  ['batchSync(operations, options)', false, (db, odd) => db.batchSync([{ type: 'delete', key: 'k' }], odd)],
  ['writeBatch put(key)', false, (db, odd) => db.writeBatch().put(odd, 'v')],
  ['writeBatch put(key, value)', false, (db, odd) => db.writeBatch().put('k', odd)],
  ['writeBatch put options', false, (db, odd) => db.writeBatch().put('k', 'v', odd)],
  ['writeBatch delete(key)', false, (db, odd) => db.writeBatch().delete(odd)],
  ['writeBatch delete options', false, (db, odd) => db.writeBatch().delete('k', odd)],
  ['writeBatch deleteRange(range)', false, (db, odd) => db.writeBatch().deleteRange(odd)],
  ['writeBatch commit(options)', true, (db, odd) => db.writeBatch().delete('k').commit(odd)],
  ['writeBatch commitSync(options)', false, (db, odd) => db.writeBatch().delete('k').commitSync(odd)],
  ...(['entries', 'keys', 'values'] as const).flatMap((shape): typeof places => [
    [`${shape}(range)`, false, (db, odd) => take(db[shape](odd))],
    ...['gt', 'gte', 'lt', 'lte', 'prefix', 'reverse', 'limit', 'snapshot', 'fillCache', 'readAhead'].map(
      (name): (typeof places)[number] => [
        `${shape} ${name}`,
        false,
        (db, odd) => take(db[shape]({ [name]: odd })),
      ],
    ),
    [`${shape} snapshot.sequence`, false, (db, odd) => take(db[shape]({ snapshot: { sequence: odd } }))],
    [`${shape} valueEncoding`, false, (db, odd) => take(db[shape]({ valueEncoding: odd }))],
    [`${shape} json bound`, false, (db, odd) => take(db[shape]({ gte: odd, keyEncoding: 'json' }))],
    [`${shape} json prefix`, false, (db, odd) => take(db[shape]({ prefix: odd, keyEncoding: 'json' }))],
  ]),
  ['iterator next(n)', true, (db, odd) => withIterator(db, (it) => it.next(odd))],
  ['iterator nextSync(n)', false, (db, odd) => withIterator(db, (it) => it.nextSync(odd))],
  ['iterator seek(key)', false, (db, odd) => withIterator(db, (it) => seek(it, odd))],
  [
    'iterator seek(key) in reverse',
    false,
    (db, odd) => withIterator(db, (it) => seek(it, odd), { reverse: true }),
  ],
  ['clear(options)', true, (db, odd) => db.clear(odd)],
  ['compact(range)', true, (db, odd) => db.compact(odd)],
  ['compact gte', true, (db, odd) => db.compact({ gte: odd })],
  ['compact(range, options)', true, (db, odd) => db.compact({}, odd)],
  ['compact signal', true, (db, odd) => db.compact({}, { signal: odd })],
  ['compact onProgress', true, (db, odd) => db.compact({}, { onProgress: odd })],
  ['approximateSize(range)', true, (db, odd) => db.approximateSize(odd)],
  ['approximateSize gte', true, (db, odd) => db.approximateSize({ gte: odd })],
  ['on(name)', false, (db, odd) => db.on(odd, () => {})],
  ['on(name, listener)', false, (db, odd) => db.on('stall', odd)],
  ['once(name)', false, (db, odd) => db.once(odd, () => {})],
  ['once(name, listener)', false, (db, odd) => db.once('stall', odd)],
  ['off(name)', false, (db, odd) => db.off(odd, () => {})],
  ['off(name, listener)', false, (db, odd) => db.off('flush', odd)],
]

function take(iterator: Anything): unknown {
  try {
    return iterator.nextSync(5)
  } finally {
    iterator[Symbol.dispose]()
  }
}

function seek(it: Anything, odd: Anything): unknown {
  it.seek(odd)
  return it.nextSync(2)
}

async function settle(value: unknown): Promise<void> {
  await value
}

function withIterator(db: Anything, use: (it: Anything) => unknown, options = {}): unknown {
  const it = db.entries(options)
  try {
    const result = use(it)
    if (result instanceof Promise) return result.finally(() => it.close())
    it[Symbol.dispose]()
    return result
  } catch (error) {
    it[Symbol.dispose]()
    throw error
  }
}

/** What is wrong with how the call behaved; undefined: it worked, or was refused as it should be. */
async function judge(asynchronous: boolean, call: () => unknown): Promise<string | undefined> {
  let result: unknown
  let outcome: { error: unknown } | undefined
  try {
    result = call()
  } catch (error) {
    if (asynchronous) return `threw synchronously: ${error}`
    outcome = { error }
  }
  if (asynchronous && !(result instanceof Promise)) return 'returned no promise'
  if (outcome === undefined) {
    try {
      await settle(result)
      return undefined
    } catch (error) {
      outcome = { error }
    }
  }
  const { error } = outcome
  if (error instanceof BurrowError && isBurrowError(error) && error.code === 'BURROW_INVALID_ARGUMENT') {
    return error.message.length > 10 ? undefined : `says too little: ${error.message}`
  }
  // What the user's own object throws when it is looked at is the user's to see.
  if (error instanceof TypeError && /on a proxy that has been revoked/.test(error.message)) return undefined
  return `${error instanceof Error ? error.stack : String(error)}`
}

/** Calls that may change the database when the odd value is one that is allowed. */
const harmless = /^(get|has|entries|keys|values|iterator|approximate|compact|on|once|off)/

describe('every call with every odd value', () => {
  for (const keyEncoding of ['utf8', 'buffer', 'json'] as const) {
    it(`works or is refused, and changes nothing (${keyEncoding})`, async () => {
      const db = (await Database.open(':memory:', { syncWrites: false })) as Anything
      const json = (await Database.open(':memory:', {
        keyEncoding,
        valueEncoding: keyEncoding,
      })) as Anything
      const wrong: string[] = []
      let calls = 0
      for (const [place, asynchronous, call] of places) {
        for (const [name, odd] of oddValues()) {
          const target = keyEncoding === 'utf8' ? db : json
          const before = await contents(target)
          calls++
          const complaint = await judge(asynchronous, () => call(target, odd))
          if (complaint !== undefined) wrong.push(`${place} with ${name}: ${complaint}`)
          else if (harmless.test(place) && (await contents(target)) !== before)
            wrong.push(`${place} with ${name}: changed`)
        }
      }
      expect(wrong.map((text) => text.split('\n').slice(0, 3).join(' | '))).toEqual([])
      expect(calls).toBeGreaterThan(4000)
      expect(db.stats().iterators.live).toBe(0)
      await db.close()
      await json.close()
    })
  }
})

async function contents(db: Anything): Promise<string> {
  const entries = await db.entries({ keyEncoding: 'buffer', valueEncoding: 'buffer' }).all()
  return entries.map(([k, v]: Buffer[]) => `${k!.toString('hex')}=${v!.toString('hex')}`).join()
}

describe('every option of open with every odd value', () => {
  it('works or is refused, and leaves no database', async () => {
    const names = Object.keys((await import('../../lib/base/option-schema.ts')).optionSchema)
    const wrong: string[] = []
    for (const name of [...names, 'unknown']) {
      for (const [odd, value] of oddValues()) {
        const options = { [name]: value } as DatabaseOptions
        const complaint = await judge(true, () => Database.open(':memory:', options).then((db) => db.close()))
        if (name === 'readOnly' && odd === 'true') continue
        if (complaint !== undefined) wrong.push(`${name}: ${odd}: ${complaint}`)
      }
    }
    for (const [odd, value] of oddValues()) {
      for (const [place, call] of [
        ['open(path)', () => Database.open(value as string, { createIfMissing: false })],
        ['open(path, options)', () => Database.open(':memory:', value as object).then((db) => db.close())],
        ['exists(path)', () => Database.exists(value as string)],
        ['exists(path, options)', () => Database.exists(':memory:', value as object)],
        ['exists env', () => Database.exists('/nowhere/at/all', { env: value } as object)],
        ['destroy(path)', () => Database.destroy(value as string)],
        ['destroy(path, options)', () => Database.destroy('/nowhere/at/all', value as object)],
        ['destroy env', () => Database.destroy('/nowhere/at/all', { env: value } as object)],
      ] as const) {
        const complaint = await judge(true, call)
        if (complaint !== undefined && !/no database in|File name too long/.test(complaint))
          wrong.push(`${place} with ${odd}: ${complaint}`)
      }
    }
    expect(wrong.map((text) => text.split('\n').slice(0, 3).join(' | '))).toEqual([])
  })
})
