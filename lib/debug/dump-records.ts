import { BurrowError, isBurrowError } from '../base/errors.ts'
import type { NativeRecords } from '../base/inspection.ts'
import { native } from '../native.ts'
import type { Show } from './show-bytes.ts'

/** One record of a memtable or a table, as it is stored. */
export interface DumpedRecord {
  readonly key: unknown
  readonly sequence: number
  /** `unknown`: written by a newer version. */
  readonly kind: RecordKind
  /** Of a put. */
  readonly value?: unknown
  /** Of a range deletion: the first key that it does not cover. */
  readonly end?: unknown
}

export type RecordKind = 'put' | 'delete' | 'rangeDelete' | 'unknown'

/** A record in bytes, which live in the memory of its batch. */
export interface RawRecord {
  readonly key: Buffer
  readonly sequence: number
  readonly kind: RecordKind
  /** Of a put; of a range deletion its end. */
  readonly value: Buffer
}

const batchBytes = 256 << 10
const header = 16
const kinds: readonly RecordKind[] = ['delete', 'put', 'rangeDelete']

/** The records of native/engine/record_dump.h; `check` may throw before each batch. */
export function* rawRecords(records: NativeRecords, check: () => void): Generator<RawRecord, void, void> {
  for (;;) {
    check()
    const batch = native.nextRecords(records, batchBytes)
    if (batch === undefined) return
    for (let at = 0; at < batch.length; ) {
      const trailer = batch.readBigUInt64LE(at)
      const valueAt = at + header + batch.readUInt32LE(at + 8)
      const end = valueAt + batch.readUInt32LE(at + 12)
      yield {
        key: batch.subarray(at + header, valueAt),
        sequence: Number(trailer >> 8n),
        kind: kinds[Number(trailer & 0xffn)] ?? 'unknown',
        value: batch.subarray(valueAt, end),
      }
      at = end
    }
  }
}

/** The records in the form that was asked for, up to `limit`. An error says what was dumped before it. */
export function* shownRecords(
  records: Iterable<RawRecord>,
  show: Show,
  limit: number,
): Generator<DumpedRecord, void, void> {
  let count = 0
  let last: Buffer | undefined
  try {
    if (limit === 0) return
    for (const record of records) {
      yield shownRecord(record, show)
      last = record.key
      if (++count >= limit) return
    }
  } catch (error) {
    throw dumpedBefore(error, count, last, show)
  }
}

function shownRecord({ key, kind, sequence, value }: RawRecord, show: Show): DumpedRecord {
  const head = { key: show.key(key), sequence, kind }
  if (kind === 'put') return { ...head, value: show.value(value) }
  return kind === 'rangeDelete' ? { ...head, end: show.key(value) } : head
}

/** The error that ended a dump, with what came before it: `context.dumped` records, the last one `context.lastKey`. */
export function dumpedBefore(
  error: unknown,
  dumped: number,
  last: Uint8Array | undefined,
  show: Show,
): unknown {
  if (!isBurrowError(error)) return error
  const where = last === undefined ? '' : `, up to the key ${show.text(last)}`
  return new BurrowError(error.code, `${error.message} ${dumped} records were dumped before it${where}.`, {
    context: { ...error.context, dumped, ...(last === undefined ? {} : { lastKey: show.key(last) }) },
    cause: error,
  })
}
