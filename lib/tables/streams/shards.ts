import { checkNames, readCount, readOptions } from '../../base/call-options.ts'
import { describeValue } from '../../util/describe-value.ts'
import { resourceNotFound, TableError, validation } from '../errors.ts'
import type { StreamLog } from './log.ts'
import type { StreamRecord } from './record.ts'
import { parseSequence, sequenceText } from './sequence-number.ts'
import type { StreamShard } from './state.ts'
import type { StreamViewType } from './view-type.ts'

/** A stream as `describeStream` tells it. */
export interface StreamDescription {
  readonly status: 'ENABLED' | 'DISABLED'
  /** Of the shard that is open, or was last. */
  readonly viewType: StreamViewType
  /** When the last shard was begun, as an ISO 8601 text: DynamoDB's stream label. */
  readonly label: string
  /** Oldest first. Each time the stream was enabled there began one. */
  readonly shards: readonly ShardDescription[]
}

export interface ShardDescription {
  readonly shardId: string
  readonly parentShardId?: string
  readonly sequenceNumberRange: {
    readonly startingSequenceNumber: string
    /** Of a shard that is closed. */
    readonly endingSequenceNumber?: string
  }
}

export type ShardIteratorType = 'TRIM_HORIZON' | 'LATEST' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'

export interface ShardIteratorOptions {
  readonly type: ShardIteratorType
  /** Default: the shard that has the sequence number; the oldest one for TRIM_HORIZON, the newest for LATEST. */
  readonly shardId?: string | undefined
  readonly sequenceNumber?: string | undefined
}

/** What a call of `records` found. */
export interface RecordsPage {
  readonly records: StreamRecord[]
  /** What to go on with; undefined at the end of a closed shard. */
  readonly nextShardIterator?: string
}

/** As long as DynamoDB's are good for. */
const iteratorMs = 15 * 60 * 1000
const iteratorTypes: readonly unknown[] = [
  'AT_SEQUENCE_NUMBER',
  'AFTER_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
  'LATEST',
] satisfies ShardIteratorType[]
const iteratorNames = new Set(['type', 'shardId', 'sequenceNumber'] as const)
const recordsNames = new Set(['limit'])
const mostRecords = 1000

/** Throws ResourceNotFoundException for a table whose stream was never enabled. */
export function describeShards(log: StreamLog): StreamDescription {
  const last = log.shards.at(-1)
  if (last === undefined) throw noShards(log)
  const ids = new Map(log.shards.map((shard) => [shard.number, shardId(shard)]))
  return {
    status: log.enabled ? 'ENABLED' : 'DISABLED',
    viewType: last.viewType,
    label: new Date(last.createdAt).toISOString(),
    shards: log.shards.map((shard) => {
      const parent = ids.get(shard.number - 1)
      return {
        shardId: shardId(shard),
        ...(parent === undefined ? {} : { parentShardId: parent }),
        sequenceNumberRange: {
          startingSequenceNumber: sequenceText(shard.first),
          ...(shard.end === undefined
            ? {}
            : { endingSequenceNumber: sequenceText(Math.max(shard.first, shard.end - 1)) }),
        },
      }
    }),
  }
}

/** A place in a shard, as text that is good for 15 minutes. */
export function makeShardIterator(log: StreamLog, options: ShardIteratorOptions): string {
  const { sequenceNumber, shardId: id, type } = readOptions(options, iteratorNames, 'shardIterator')
  if (!iteratorTypes.includes(type)) {
    throw validation(
      `1 validation error detected: Value ${typeof type === 'string' ? `'${type}'` : describeValue(type)} at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [${iteratorTypes.join(', ')}]`,
    )
  }
  const numbered = type === 'AT_SEQUENCE_NUMBER' || type === 'AFTER_SEQUENCE_NUMBER'
  if (numbered !== (sequenceNumber !== undefined)) {
    throw validation(
      numbered
        ? `Invalid ShardIterator request: SequenceNumber is required for ${type}`
        : `Invalid ShardIterator request: SequenceNumber must not be given for ${type}`,
    )
  }
  if (!numbered) {
    const shard = findShard(log, id, type === 'LATEST' ? log.shards.at(-1) : log.shards[0])
    return encodeIterator(log, shard, type === 'LATEST' ? Math.min(log.visible, shard.end ?? log.visible) : 0)
  }
  const sequence = parseSequence(sequenceNumber)
  log.checkTrimmed(Math.max(sequence, 1))
  const holder = log.shards.find(({ end, first }) => sequence >= first && sequence < (end ?? log.visible))
  const shard = findShard(log, id, holder)
  if (shard !== holder) {
    throw validation(
      `Invalid SequenceNumber: ${String(sequenceNumber)} is not in the shard ${shardId(shard)}`,
    )
  }
  return encodeIterator(log, shard, sequence + (type === 'AFTER_SEQUENCE_NUMBER' ? 1 : 0))
}

/** The records from an iterator on: possibly none although more follow, so go on with the next iterator. */
export async function readShard(
  log: StreamLog,
  iterator: string,
  options: { readonly limit?: number | undefined } | undefined,
): Promise<RecordsPage> {
  if (options !== undefined) checkNames(options, recordsNames, 'records')
  const limit = readCount('limit', options?.limit, 'records') ?? mostRecords
  if (limit < 1 || limit > mostRecords) {
    throw validation(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value ${limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${mostRecords}`}`,
    )
  }
  const { number, position } = decodeIterator(log, iterator)
  // Its shard was trimmed away with all that it had.
  const shard = log.shards.find((one) => one.number === number)
  if (shard === undefined) return { records: [] }
  const from = position === 0 && shard.first > log.trimmed ? shard.first : position
  const { next, records } = await log.records(from, limit, shard.end)
  const end = log.shards.find((one) => one.number === number)?.end
  if (end !== undefined && next >= end) return { records }
  return { records, nextShardIterator: encodeIterator(log, shard, next) }
}

function findShard(log: StreamLog, id: unknown, otherwise: StreamShard | undefined): StreamShard {
  if (log.shards.length === 0) throw noShards(log)
  const shard = id === undefined ? otherwise : log.shards.find((one) => shardId(one) === id)
  if (shard !== undefined) return shard
  if (id === undefined) throw validation('Invalid SequenceNumber: no shard of the stream has it')
  throw resourceNotFound(
    `Shard: ${typeof id === 'string' ? id : describeValue(id)} in Stream: ${log.tableName} not found`,
  )
}

function noShards(log: StreamLog): TableError {
  return resourceNotFound(`Stream: ${log.tableName} not found`)
}

function shardId({ createdAt, number }: StreamShard): string {
  return `shardId-${String(createdAt).padStart(20, '0')}-${number.toString(16).padStart(8, '0')}`
}

function encodeIterator(log: StreamLog, shard: StreamShard, position: number): string {
  return Buffer.from(JSON.stringify([log.tableId, shard.number, position, log.now()])).toString('base64url')
}

function decodeIterator(log: StreamLog, iterator: unknown): { number: number; position: number } {
  let fields: unknown
  try {
    fields = JSON.parse(Buffer.from(iterator as string, 'base64url').toString('utf8'))
  } catch {
    // Said below.
  }
  const whole = Array.isArray(fields) && fields.length === 4 && fields.every(Number.isSafeInteger)
  if (typeof iterator !== 'string' || !whole) throw validation('Invalid ShardIterator')
  const [tableId, number, position, createdAt] = fields as [number, number, number, number]
  if (tableId !== log.tableId) throw validation('Invalid ShardIterator: it is that of another table')
  const age = log.now() - createdAt
  if (age > iteratorMs) {
    throw new TableError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${new Date(createdAt).toISOString()} while right now it is ${new Date(log.now()).toISOString()} which is further in the future than the tolerated delay of ${iteratorMs} milliseconds`,
    )
  }
  return { number, position }
}
