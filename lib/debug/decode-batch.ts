import { BurrowError } from '../base/errors.ts'

/** One record of a write batch, as a log holds it. A range delete has its end as `value`. */
export interface LoggedRecord {
  readonly sequence: number
  readonly kind: 'put' | 'delete' | 'rangeDelete'
  readonly key: Buffer
  readonly value: Buffer
}

// docs/formats.md, "Write batch".
const headerSize = 12
const recordHeader = 7
const kinds = ['delete', 'put', 'rangeDelete'] as const

/** The records of one payload of a log. Throws BURROW_CORRUPTION for what is no write batch. */
export function decodeBatch(payload: Buffer, file: string, offset: number): LoggedRecord[] {
  const bad = (problem: string) =>
    new BurrowError(
      'BURROW_CORRUPTION',
      `${file}: the record at offset ${offset} is no write batch: ${problem}`,
      {
        context: { file, offset },
      },
    )
  if (payload.length < headerSize) throw bad(`${payload.length} bytes`)
  const first = Number(payload.readBigUInt64LE(0))
  const count = payload.readUInt32LE(8)
  const records: LoggedRecord[] = []
  let at = headerSize
  while (at < payload.length) {
    if (payload.length - at < recordHeader) throw bad('it ends within the head of a record')
    const kind = kinds[payload.readUInt8(at)]
    if (kind === undefined) throw bad(`kind ${payload.readUInt8(at)}`)
    const keyAt = at + recordHeader
    const valueAt = keyAt + payload.readUInt16LE(at + 1)
    at = valueAt + payload.readUInt32LE(at + 3)
    if (at > payload.length) throw bad('it ends within a record')
    records.push({
      sequence: first + records.length,
      kind,
      key: payload.subarray(keyAt, valueAt),
      value: payload.subarray(valueAt, at),
    })
  }
  if (records.length !== count) throw bad(`${records.length} records; its head says ${count}`)
  return records
}
