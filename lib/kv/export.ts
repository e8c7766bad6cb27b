import { isUtf8 } from 'node:buffer'
import { checkEncoding } from '../base/encodings.ts'
import { BurrowError } from '../base/errors.ts'
import { readCount, readFlag, readOptions } from './call-options.ts'
import { type LongCallOptions, readProgress, readSignal } from './cancellation.ts'
import type { Database } from './database.ts'
import { firstKeyFrom, type KeyRangeOptions, rangeNames, resolveRange } from './range.ts'
import type { RangeIterator } from './range-iterator.ts'
import type { ScanOptions } from './scan.ts'

export interface ExportProgress {
  readonly records: number
  /** Of JSONL. */
  readonly bytes: number
}

/** Which records are exported, as in a scan. When `signal` fires, reading on rejects with BURROW_ABORTED. */
export interface ExportOptions
  extends KeyRangeOptions,
    Pick<ScanOptions, 'reverse' | 'limit' | 'snapshot'>,
    LongCallOptions<ExportProgress> {}

const exportNames = new Set([
  ...rangeNames,
  'keyEncoding',
  'reverse',
  'limit',
  'snapshot',
  'signal',
  'onProgress',
] as const)

/** Characters that are gathered before they are handed over. */
const chunkLength = 64 * 1024
/** Longer values are written in pieces, as base64 in any case: the longest ones fit no string of Node. */
export const longValueBytes = 16 * 1024 * 1024
/** Bytes of a value in a piece; a multiple of three, so that pieces of base64 fit together. */
const pieceBytes = 3 * 256 * 1024

/**
 * The records of a database as JSONL, in key order: one line `{"key":…,"value":…}` each, in chunks of UTF-8. Keys and values
 * are strings; bytes that are not UTF-8, and values above 16 MiB, are `{"base64":"…"}`. So nothing is lost: `importJsonLines`
 * brings every byte back.
 *
 * It shows the moment when reading begins, or that of `snapshot`, and reads on as chunks are taken, in constant memory:
 * `await pipeline(exportJsonLines(db), createWriteStream('data.jsonl'))`.
 */
export function exportJsonLines<K, V>(
  db: Database<K, V>,
  options?: ExportOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const call = 'exportJsonLines'
  const fields = readOptions(options, exportNames, call)
  const encoding = checkEncoding(fields.keyEncoding ?? db.options.keyEncoding, 'keyEncoding')
  const range = resolveRange(fields, encoding)
  const lower = range?.lower && firstKeyFrom(range.lower)
  const nothing = range === null || (range.lower !== undefined && lower === undefined)
  const limit = readCount('limit', fields.limit, call, true)
  const scan = {
    gte: lower,
    lt: range?.upper && firstKeyFrom(range.upper),
    limit: nothing ? 0 : limit,
    reverse: readFlag('reverse', fields.reverse, call),
    snapshot: fields.snapshot as ScanOptions['snapshot'],
    fillCache: false,
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  } as const
  return writeLines(() => db.entries(scan), {
    signal: readSignal(fields.signal, call),
    onProgress: readProgress(fields.onProgress, call),
  })
}

async function* writeLines(
  open: () => RangeIterator<[Buffer, Buffer]>,
  { onProgress, signal }: LongCallOptions<ExportProgress>,
): AsyncGenerator<Buffer, void, undefined> {
  let text = ''
  let records = 0
  let bytes = 0
  const handOver = (chunk: Buffer) => {
    if (signal?.aborted) {
      throw new BurrowError('BURROW_ABORTED', 'the export was given up', { cause: signal.reason })
    }
    bytes += chunk.byteLength
    onProgress?.({ records, bytes })
    return chunk
  }
  for await (const [key, value] of open()) {
    records++
    if (value.byteLength > longValueBytes) {
      yield handOver(Buffer.from(`${text}{"key":${json(key)},"value":{"base64":"`))
      for (let at = 0; at < value.byteLength; at += pieceBytes) {
        yield handOver(Buffer.from(value.subarray(at, at + pieceBytes).toString('base64'), 'latin1'))
      }
      text = '"}}\n'
    } else {
      text += `{"key":${json(key)},"value":${json(value)}}\n`
    }
    if (text.length < chunkLength) continue
    yield handOver(Buffer.from(text))
    text = ''
  }
  if (text !== '') yield handOver(Buffer.from(text))
}

function json(bytes: Buffer): string {
  return isUtf8(bytes) ? JSON.stringify(bytes.toString('utf8')) : `{"base64":"${bytes.toString('base64')}"}`
}
