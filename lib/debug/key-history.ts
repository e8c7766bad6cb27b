import { type Encoding, encodeKey } from '../base/encodings.ts'
import { readEncodings, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import type { Snapshot } from '../kv/snapshot.ts'
import { checkOpen, type Place, placeOf, sequenceOf } from './call.ts'
import type { RecordKind } from './dump-records.ts'
import { readShow, type ShowOptions } from './show-bytes.ts'

export interface KeyHistoryOptions extends Pick<ShowOptions, 'keyFormat' | 'redact'> {
  /** Of `key`. Default: the database's. */
  readonly keyEncoding?: Encoding | undefined
  /** Only versions that this snapshot may see. Default: all. */
  readonly snapshot?: Snapshot | undefined
}

/** One version of a key, or a range deletion over it, that is still stored. */
export interface KeyVersion extends Place {
  readonly sequence: number
  readonly kind: RecordKind
  /** Bytes of the value of a put. */
  readonly valueBytes?: number
  /** Of a range deletion: from where, included, to where, excluded; the part of it that no other one cuts. */
  readonly begin?: unknown
  readonly end?: unknown
}

const names = new Set(['keyEncoding', 'keyFormat', 'redact', 'snapshot'] as const)

/** See Debugger.keyHistory. */
export function keyHistory(host: DebugHost, key: unknown, options?: KeyHistoryOptions): KeyVersion[] {
  const call = 'keyHistory'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const { keyEncoding, valueEncoding } = host.options
  const encoding = readEncodings(
    { keyEncoding: fields.keyEncoding },
    { key: keyEncoding, value: valueEncoding },
  )
  const show = readShow(fields, { keyEncoding: encoding.key, valueEncoding }, call)
  const versions = host.engine.keyHistory(
    encodeKey(key, encoding.key),
    sequenceOf(host, fields.snapshot, call),
  )
  return versions.map((version) => ({
    sequence: version.sequence,
    kind: version.kind,
    ...placeOf(version),
    ...(version.valueBytes === undefined ? {} : { valueBytes: version.valueBytes }),
    ...(version.begin === undefined ? {} : { begin: show.key(version.begin) }),
    ...(version.end === undefined ? {} : { end: show.key(version.end) }),
  }))
}
