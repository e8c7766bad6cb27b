import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import { afterEach, expect, it } from 'vitest'
import { type ChannelMessage, channels } from '../../lib/debug.ts'
import { Database } from '../../lib/index.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Writes down the moments of these operations. */
function listen(...operations: (keyof typeof channels)[]): string[] {
  const lines: string[] = []
  for (const operation of operations) {
    const moment = (name: string) => (message: ChannelMessage) => {
      lines.push(`${message.operation} ${name} ${String(message.subject)}`)
    }
    const handlers = {
      start: moment('start'),
      end: moment('end'),
      asyncStart: moment('asyncStart'),
      asyncEnd: moment('asyncEnd'),
      error: moment('error'),
    }
    const channel = channels[operation] as diagnostics.TracingChannel<object, object>
    channel.subscribe(handlers as never)
    ends.push(() => channel.unsubscribe(handlers as never))
  }
  return lines
}

it('publish by the convention of tracePromise and traceSync', async () => {
  const db = await Database.open(':memory:')
  const lines = listen('get', 'put')
  db.putSync('a', '1')
  await db.get('a')
  expect(() => db.getSync('')).toThrow()
  await db.get('').catch(() => {})
  expect(lines).toEqual([
    ...['put start a', 'put end a'],
    ...['get start a', 'get end a', 'get asyncStart a', 'get asyncEnd a'],
    ...['get start ', 'get error ', 'get end '],
    ...['get start ', 'get end ', 'get error ', 'get asyncStart ', 'get asyncEnd '],
  ])
  await db.close()
})

it('instrument a database only while somebody listens, however they came to', async () => {
  const before = await Database.open(':memory:')
  expect(before.debug.observed).toBe(false)
  const heard: unknown[] = []
  const listener = (message: unknown) => void heard.push(message)
  diagnostics.subscribe('tracing:burrowdb:get:start', listener)
  const after = await Database.open(':memory:', { keyEncoding: 'buffer' })
  expect([before.debug.observed, after.debug.observed]).toEqual([true, true])
  before.getSync('a')
  after.getSync(Buffer.from('b'))
  expect(heard).toMatchObject([
    { operation: 'get', database: ':memory:', sync: true, subject: 'a' },
    { subject: Buffer.from('b') },
  ])
  expect(diagnostics.unsubscribe('tracing:burrowdb:get:start', listener)).toBe(true)
  expect([before.debug.observed, after.debug.observed]).toEqual([false, false])
  before.getSync('a')
  expect(heard.length).toBe(2)
  expect(diagnostics.unsubscribe('tracing:burrowdb:get:start', listener)).toBe(false)
  await before.close()
  await after.close()
})

it('carry the result and the error, and run the call in a bound store', async () => {
  const db = await Database.open(':memory:')
  db.putSync('a', '1')
  const storage = new AsyncLocalStorage<string>()
  const stores: unknown[] = []
  const messages: ChannelMessage[] = []
  const { asyncEnd, end, start } = channels.get
  start.bindStore(storage as never, ((message: ChannelMessage) => `get ${String(message.subject)}`) as never)
  ends.push(() => start.unbindStore(storage as never))
  const onEnd = () => void stores.push(storage.getStore())
  const onAsyncEnd = (message: unknown) => void messages.push(message as ChannelMessage)
  end.subscribe(onEnd)
  asyncEnd.subscribe(onAsyncEnd)
  ends.push(
    () => end.unsubscribe(onEnd),
    () => asyncEnd.unsubscribe(onAsyncEnd),
  )
  expect(db.debug.observed).toBe(true)
  await storage.run('outside', () => db.get('a'))
  expect(stores).toEqual(['get a'])
  expect(messages).toMatchObject([{ result: '1', sync: false }])
  for (const stop of ends.splice(0)) stop()
  expect(db.debug.observed).toBe(false)
  await db.close()
})

it('are there beside a tracer, and end with the database', async () => {
  const db = await Database.open(':memory:')
  const lines = listen('get', 'flush')
  const tracer = db.debug.trace()
  db.getSync('a')
  tracer.stop()
  expect(db.debug.observed).toBe(true)
  const pending = db.get('b')
  await db.close()
  await pending
  expect(lines.slice(2)).toEqual(['get start b', 'get end b', 'get asyncStart b', 'get asyncEnd b'])
})
