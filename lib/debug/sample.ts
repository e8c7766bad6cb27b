import type { DatabaseStats } from '../base/metrics.ts'
import { operationNames } from '../base/metrics.ts'
import type { Health } from '../kv/health.ts'

/** Of the documents below; a change that an older reader would misread makes it larger. */
export const sampleFormat = 1

interface SampleHead {
  readonly format: number
  /** Milliseconds since 1970. */
  readonly at: number
  /** Of burrowdb, where the sample was taken. */
  readonly version: string
  /** Of the process that has the database open for writing; null when none has. */
  readonly pid: number | null
  readonly path: string
}

/** What a process says of its own database: no keys and no values. */
export interface LiveSample extends SampleHead {
  readonly source: 'live'
  readonly status: string
  readonly stats: DatabaseStats
  readonly health: Health
}

/** What the files of a database say by themselves. */
export interface FilesSample extends SampleHead {
  readonly source: 'files'
  readonly files: {
    readonly levels: readonly { readonly level: number; readonly files: number; readonly bytes: number }[]
    readonly walFiles: number
    readonly walBytes: number
    readonly manifestBytes: number
    /** Of tables, logs and manifest. */
    readonly bytes: number
    /** Free on the file system; null when it does not say. */
    readonly freeBytes: number | null
    /** Of the last write that the manifest knows. */
    readonly lastSequence: number
  }
}

/** One look at a database: what `burrow top` shows, records and prints. */
export type Sample = LiveSample | FilesSample

/** What a document must have: 'number?' may be null. A list has one shape for all, a record one for every field. */
type Shape =
  | 'number'
  | 'number?'
  | 'string'
  | { readonly list: Shape }
  | { readonly record: Shape }
  | { readonly fields: Readonly<Record<string, Shape>> }

const fields = (shapes: Readonly<Record<string, Shape>>): Shape => ({ fields: shapes })
const numbers = (...names: string[]): Record<string, Shape> =>
  Object.fromEntries(names.map((name) => [name, 'number']))

const latency = fields(numbers('p50', 'p99', 'p999', 'max'))
const operation = fields({ ...numbers('count', 'errors', 'bytesIn', 'bytesOut'), latency })
const cache = fields({ ...numbers('capacityBytes', 'usedBytes', 'hits', 'misses'), hitRatio: 'number?' })
const issues: Shape = { list: fields({ code: 'string', message: 'string' }) }
const job = fields({
  ...numbers('jobId', 'level', 'outputLevel', 'inputFiles', 'inputBytes', 'remainingBytes'),
  reason: 'string',
})

const head = { format: 'number', at: 'number', version: 'string', pid: 'number?', path: 'string' } as const

const live = fields({
  ...head,
  status: 'string',
  health: fields({ status: 'string', warnings: issues, errors: issues }),
  stats: fields({
    uptimeMs: 'number',
    ops: fields(Object.fromEntries(operationNames.map((name) => [name, operation]))),
    cache: fields({ block: cache, index: cache, filter: cache, table: cache }),
    memtables: fields(numbers('immutable', 'bytes', 'entries')),
    wal: fields({ ...numbers('files', 'bytes', 'syncs'), syncLatency: latency }),
    levels: { list: fields(numbers('level', 'files', 'bytes', 'score')) },
    flush: fields(numbers('count', 'bytes')),
    compaction: fields({
      ...numbers('count', 'running', 'bytesRead', 'bytesWritten', 'pendingBytes'),
      jobs: { list: job },
    }),
    amplification: fields({ write: 'number?', read: 'number?', space: 'number?' }),
    stalls: fields({ ...numbers('count', 'totalMs'), byReason: { record: 'number' } }),
    memory: fields({ totalBytes: 'number', byOwner: { record: 'number' } }),
    disk: fields({ bytes: 'number', freeBytes: 'number?', reads: fields(numbers('blocks', 'bytes')) }),
    snapshots: fields(numbers('live')),
    iterators: fields(numbers('live')),
  }),
})

const files = fields({
  ...head,
  files: fields({
    ...numbers('walFiles', 'walBytes', 'manifestBytes', 'bytes', 'lastSequence'),
    levels: { list: fields(numbers('level', 'files', 'bytes')) },
    freeBytes: 'number?',
  }),
})

/** Where a value is not as the shape says, in words; undefined when it is. */
function misfit(value: unknown, shape: Shape, where: string): string | undefined {
  if (shape === 'string') return typeof value === 'string' ? undefined : `${where} is no string`
  if (shape === 'number' || shape === 'number?') {
    if (value === null && shape === 'number?') return undefined
    return Number.isFinite(value) ? undefined : `${where} is no number`
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${where} is no list`
    return first(value.map((one, i) => [`${where}[${i}]`, one, shape.list]))
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${where} is no object`
  const inner =
    'record' in shape
      ? Object.keys(value).map((name) => [name, shape.record] as const)
      : Object.entries(shape.fields)
  const object = value as Readonly<Record<string, unknown>>
  return first(inner.map(([name, field]) => [`${where}.${name}`, object[name], field]))
}

function first(parts: readonly (readonly [string, unknown, Shape])[]): string | undefined {
  for (const [where, value, shape] of parts) {
    const problem = misfit(value, shape, where)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What another process or a file says is a sample; or why it is none. */
export function readSample(value: unknown): Sample | { readonly problem: string } {
  const problem = misfit(value, fields(head), 'the sample')
  if (problem !== undefined) return { problem }
  const { format, source, version } = value as { format: number; source?: unknown; version: string }
  if (format !== sampleFormat) {
    return { problem: `the sample has format ${format}, of burrowdb ${version}; known is ${sampleFormat}` }
  }
  if (source !== 'live' && source !== 'files') return { problem: 'the source of the sample is not known' }
  const inside = misfit(value, source === 'live' ? live : files, 'the sample')
  return inside === undefined ? (value as Sample) : { problem: inside }
}
