/** Spans as a program with its own tracer provider sees them. */

import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  type ContextManager,
  context,
  createContextKey,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadOpenTelemetry } from '../../lib/debug/open-telemetry.ts'
import { Database } from '../../lib/index.ts'

interface Recorded {
  readonly scope: string
  readonly name: string
  readonly options: SpanOptions
  readonly context: Context
  readonly attributes: Attributes
  status?: { code: number; message?: string }
  ended?: number
}

const spans: Recorded[] = []
const storage = new AsyncLocalStorage<Context>()

function spanOf(recorded: Recorded): Span {
  return {
    setAttribute: (key: string, value: string) => {
      recorded.attributes[key] = value
    },
    setStatus: (status: { code: number }) => {
      recorded.status = status
    },
    end: (time: number) => {
      recorded.ended = time
    },
  } as unknown as Span
}

beforeAll(() => {
  const manager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (active: Context, body: () => unknown) => storage.run(active, body),
    bind: (_: Context, target: unknown) => target,
    enable: () => manager,
    disable: () => manager,
  } as unknown as ContextManager
  context.setGlobalContextManager(manager)
  trace.setGlobalTracerProvider({
    getTracer: (scope) => ({
      startSpan: (name, options = {}, active = ROOT_CONTEXT) => {
        const attributes = { ...options.attributes }
        const recorded: Recorded = { scope, name, options, context: active, attributes }
        spans.push(recorded)
        return spanOf(recorded)
      },
      startActiveSpan: () => undefined as never,
    }),
  })
})
afterAll(() => {
  trace.disable()
  context.disable()
})

it('gives every span that is kept to the registered provider, under what was active at the call', async () => {
  const db = await Database.open(':memory:')
  const tracer = db.debug.trace({ openTelemetry: true })
  const requestKey = createContextKey('request')
  const request = ROOT_CONTEXT.setValue(requestKey, 7)
  const before = Date.now() - 1000
  await context.with(request, () => db.put('a', '1'))
  await db.getMany(['a', 'b', 'c'])
  expect(() => db.getSync('')).toThrow()
  await db.flush()
  await new Promise((resolve) => setImmediate(resolve))
  tracer.stop()
  const find = (name: string) => spans.filter((span) => span.name === `${name} :memory:`)
  const [put] = find('put')
  expect(put).toMatchObject({
    scope: 'burrowdb',
    options: { kind: SpanKind.INTERNAL },
    attributes: {
      'db.system.name': 'burrowdb',
      'db.operation.name': 'put',
      'db.namespace': ':memory:',
      'burrowdb.key': 'a',
      'burrowdb.sync': false,
    },
  })
  expect(put?.context).toBe(request)
  expect(put?.status).toBeUndefined()
  expect(put?.options.startTime).toBeGreaterThan(before)
  expect(put?.ended).toBeGreaterThanOrEqual(put?.options.startTime as number)
  expect(put?.ended).toBeLessThan(Date.now() + 1000)
  expect(find('getMany')[0]?.attributes['db.operation.batch.size']).toBe(3)
  const [failed] = find('get')
  expect(failed?.attributes['error.type']).toBe('BURROW_INVALID_ARGUMENT')
  expect(failed?.status?.code).toBe(SpanStatusCode.ERROR)
  const job = find('flush').find(({ attributes }) => 'burrowdb.job.id' in attributes)
  expect(job?.context.getValue(requestKey)).toBeUndefined()
  expect(job?.attributes['burrowdb.job.reason']).toBe('manual')
  expect(spans.every(({ ended }) => ended !== undefined)).toBe(true)
  await db.close()
})

it('makes no span of what a mode leaves out, and tells nothing when it is redacted', async () => {
  spans.length = 0
  const db = await Database.open(':memory:')
  const slow = db.debug.trace({ mode: 'slow', slowMs: 1e6, openTelemetry: true })
  await db.put('secret', '1')
  slow.stop()
  expect(spans).toEqual([])
  const redacted = db.debug.trace({ redact: true, openTelemetry: true })
  db.putSync('secret', '1')
  redacted.stop()
  expect(spans.map(({ name }) => name)).toEqual(['put'])
  expect(spans[0]?.attributes).toEqual({
    'db.system.name': 'burrowdb',
    'db.operation.name': 'put',
    'burrowdb.sync': true,
    ...Object.fromEntries(Object.entries(spans[0]!.attributes).filter(([name]) => name.includes('.phase.'))),
  })
  await db.close()
})

it('says what to install where the package is not there', () => {
  const missing = () => {
    throw new Error('Cannot find module')
  }
  expect(() => loadOpenTelemetry(missing)).toThrow(/npm install @opentelemetry\/api/)
})
