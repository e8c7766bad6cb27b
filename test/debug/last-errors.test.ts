import { describe, expect, it } from 'vitest'
import { BurrowError, Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

/** What `call` throws or rejects with. */
async function failure(call: () => unknown): Promise<BurrowError> {
  try {
    await call()
  } catch (error) {
    expect(error).toBeInstanceOf(BurrowError)
    return error as BurrowError
  }
  throw new Error('the call succeeded')
}

const long = 'k'.repeat(70_000)

describe('errors of calls', () => {
  // Each is refused by something else: an argument, an option, the state of an iterator, the directory of a copy.
  const calls: [string, string, (db: Database) => unknown][] = [
    ['getSync', 'BURROW_INVALID_ARGUMENT', (db) => db.getSync('')],
    ['get', 'BURROW_INVALID_ARGUMENT', (db) => db.get('')],
    ['get', 'BURROW_INVALID_ARGUMENT', (db) => db.get('a', { encoding: 'x' } as object)],
    ['hasSync', 'BURROW_INVALID_ARGUMENT', (db) => db.hasSync('')],
    ['has', 'BURROW_INVALID_ARGUMENT', (db) => db.has('')],
    ['getManySync', 'BURROW_INVALID_ARGUMENT', (db) => db.getManySync([''])],
    ['getMany', 'BURROW_INVALID_ARGUMENT', (db) => db.getMany([''])],
    ['putSync', 'BURROW_INVALID_ARGUMENT', (db) => db.putSync('', 'v')],
    ['put', 'BURROW_INVALID_ARGUMENT', (db) => db.put('', 'v')],
    ['put', 'BURROW_UNSUPPORTED', (db) => db.put('a', 'v', { ttlMs: 1 })],
    ['deleteSync', 'BURROW_INVALID_ARGUMENT', (db) => db.deleteSync('')],
    ['delete', 'BURROW_INVALID_ARGUMENT', (db) => db.delete('')],
    ['batchSync', 'BURROW_INVALID_ARGUMENT', (db) => db.batchSync([{ type: 'put', key: '', value: '' }])],
    ['batch', 'BURROW_INVALID_ARGUMENT', (db) => db.batch([{ type: 'put', key: '', value: '' }])],
    ['deleteRange', 'BURROW_INVALID_ARGUMENT', (db) => db.deleteRange(1 as never)],
    ['entries', 'BURROW_INVALID_ARGUMENT', (db) => db.entries({ limit: -1 })],
    ['entries', 'BURROW_BUSY', (db) => [db.entries(), db.entries(), db.entries()]],
    [
      'next',
      'BURROW_CLOSED',
      async (db) => {
        const iterator = db.keys()
        await iterator.close()
        iterator.nextSync()
      },
    ],
    ['compact', 'BURROW_INVALID_ARGUMENT', (db) => db.compact({ wrong: 1 } as object)],
    ['checkpoint', 'BURROW_INVALID_ARGUMENT', (db) => db.checkpoint('')],
  ]

  it.each(calls)('%s: %s is counted once and remembered', async (operation, code, call) => {
    const db = await Database.open(':memory:', { maxOpenIterators: 2 })
    await db.put('a', '1')
    const error = await failure(() => call(db))
    expect(error.code).toBe(code)
    expect(error.context.operation).toBe(operation)
    expect(db.stats().errors).toEqual({ byCode: { [code]: 1 }, background: {} })
    expect(db.debug.lastErrors()).toMatchObject([
      { operation, code, background: false, message: error.message, at: expect.any(Number) },
    ])
    await db.close()
  })

  it('a database that was opened with readOnly counts what it refuses', async () => {
    const env = native.memoryEnv()
    await (await Database.open('db', { env })).close()
    const db = await Database.open('db', { env, readOnly: true })
    await failure(() => db.putSync('a', '1'))
    await failure(() => db.delete('a'))
    await failure(() => db.flush())
    expect(db.stats().errors.byCode).toEqual({ BURROW_READ_ONLY: 3 })
    expect(db.debug.lastErrors().map(({ operation }) => operation)).toEqual(['flush', 'delete', 'putSync'])
    await db.close()
  })

  it('errors that many calls share keep what each of them was about apart', async () => {
    const db = await Database.open(':memory:')
    await db.close()
    const first = await failure(() => db.getSync('a'))
    const second = await failure(() => db.get('b'))
    expect(second).toBe(first)
    expect(first.context.key).toBeUndefined()
    expect(db.debug.lastErrors().map(({ context, operation }) => [operation, context['key']])).toEqual([
      ['get', 'b'],
      ['getSync', 'a'],
    ])
  })

  it('errors of a toJSON are the caller’s own', async () => {
    const db = await Database.open(':memory:', { valueEncoding: 'json' })
    const mine = new Error('mine')
    const value = {
      toJSON: () => {
        throw mine
      },
    }
    await expect(db.put('a', value)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT', cause: mine })
    expect(db.debug.lastErrors()[0]?.causes).toEqual(['mine'])
    await db.close()
  })
})

describe('what is known of an error', () => {
  it('a damaged table: operation, key, file, offset, level, sequence, native place', async () => {
    const fault = native.faultEnv(native.memoryEnv())
    const db = await Database.open('db', { env: fault, compression: 'none', blockCacheSize: 0 })
    for (let i = 0; i < 1000; i++) db.putSync(`key${i}`, 'x'.repeat(100), { sync: false })
    await db.compact()
    const { level } = db.levels().find(({ files }) => files.length > 0)!
    await db.put('last', '1')
    const { sequence } = db.snapshot()
    fault.addRule?.({ operations: ['read'], pathContains: '.sst', effect: 'garbage', repeat: true })
    const expected = {
      operation: 'getSync',
      key: 'key500',
      file: expect.stringMatching(/^db\/\d+\.sst$/),
      offset: expect.any(Number),
      level,
      sequence,
      place: expect.stringMatching(/^\w+\/\w+\.(cc|h):\d+$/),
    }
    const error = await failure(() => db.getSync('key500'))
    expect(error.code).toBe('BURROW_CORRUPTION')
    expect(error.context).toEqual(expected)
    const later = await failure(() => db.get('key500'))
    expect(later.context).toEqual({ ...expected, operation: 'get' })
    const many = await failure(() => db.getMany(['key500']))
    expect(many.context).toMatchObject({ operation: 'getMany', level })
    const scanned = await failure(() => db.keys().nextSync(900))
    expect(scanned.context).toMatchObject({ operation: 'next', level })
    const slowly = await failure(() => db.keys().next(900))
    expect(slowly.context).toMatchObject({ operation: 'next', level })
    const [newest, , , , oldest] = db.debug.lastErrors()
    expect(oldest).toMatchObject({
      operation: 'getSync',
      context: { key: 'key500', level, sequence, offset: expect.any(Number) },
      stack: expect.stringContaining('last-errors.test.ts'),
    })
    expect(newest?.operation).toBe('next')
    expect(db.stats().errors).toEqual({ byCode: { BURROW_CORRUPTION: 5 }, background: {} })
    // Calls are the caller's business: health() warns of what background work met.
    expect(db.health().errors).toEqual([])
    fault.clearRules?.()
    await db.close()
  })

  it('background work is told apart, and counted in both', async () => {
    const env = native.faultEnv(native.memoryEnv())
    const db = await Database.open('db', { env })
    // The flush may have been tried again by the time that is looked at.
    env.addRule?.({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
    await db.put('a', '1')
    const error = await failure(() => db.flush())
    expect(error.context).toMatchObject({
      operation: 'flush',
      errno: 5,
      place: expect.stringMatching(/^env\//),
    })
    const told = db.debug.lastErrors().map(({ background, operation }) => [operation, background])
    expect(told.filter(([, background]) => background === false)).toEqual([['flush', false]])
    const tries = told.length - 1
    expect(tries).toBeGreaterThan(0)
    expect(told.filter(([, background]) => background === true)).toEqual(Array(tries).fill(['flush', true]))
    expect(db.stats().errors).toEqual({ byCode: { BURROW_IO: tries + 1 }, background: { BURROW_IO: tries } })
    env.clearRules?.()
    await db.close()
  })

  it('keys are abbreviated, and bytes that cannot be printed escaped', async () => {
    const db = await Database.open(':memory:')
    expect((await failure(() => db.getSync(long))).context.key).toBe(`${'k'.repeat(48)}… (70000 bytes)`)
    const bytes = Buffer.alloc(70_000, 0xff)
    expect((await failure(() => db.putSync(bytes, 'v'))).context.key).toBe(
      `${'\\xff'.repeat(48)}… (70000 bytes)`,
    )
    expect((await failure(() => db.get(7 as never))).context.key).toBe('7')
    await db.close()
  })

  it('with debug.redact no key is kept, nor a message that may have it', async () => {
    const db = await Database.open(':memory:', { debug: { redact: true } })
    const error = await failure(() => db.getSync({ secret: 1 } as never))
    await failure(() => db.getSync(`secret${long}`))
    expect(error.context.key).toBeUndefined()
    const last = db.debug.lastErrors()
    expect(last).toHaveLength(2)
    expect(JSON.stringify(last)).not.toContain('secret')
    await db.close()
  })

  it('only the last hundred are kept, all are counted', async () => {
    const db = await Database.open(':memory:')
    for (let i = 0; i < 250; i++) await failure(() => db.getSync('', i % 2 === 0 ? {} : undefined))
    expect(db.debug.lastErrors()).toHaveLength(100)
    expect(db.stats().errors.byCode).toEqual({ BURROW_INVALID_ARGUMENT: 250 })
    expect(JSON.parse(JSON.stringify(db.debug.lastErrors()))).toEqual(db.debug.lastErrors())
    await db.close()
  })
})
