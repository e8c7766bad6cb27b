import { ByteReader, ByteReaderError } from '../../util/byte-reader.ts'
import { ByteWriter } from '../../util/byte-writer.ts'
import { compareBytes } from '../../util/bytes.ts'
import { corruption } from '../errors.ts'
import { decodeItem, encodeItem, storedSize } from '../item-codec.ts'
import { equalValues, type Item } from '../value.ts'
import { sequenceText } from './sequence-number.ts'
import { type StreamViewType, showsNew, showsOld, viewTypes } from './view-type.ts'

/** An item as it is stored, and decoded. */
interface StoredImage {
  readonly bytes: Uint8Array
  readonly item: Item
}

/** What happened to one item. */
export interface ItemChange {
  /** Of its row. */
  readonly key: Uint8Array
  /** The item as it was, and as it is; undefined: there is none. */
  readonly before: StoredImage | undefined
  readonly after: StoredImage | undefined
  /** `ttl`: it was deleted because it had expired. */
  readonly cause: 'user' | 'ttl'
}

/** One change of an item, as a stream tells it. */
export interface StreamRecord {
  /** Decimal digits, all of one length: the order of texts is the order of commits. */
  readonly sequenceNumber: string
  /** Unique among the records of all tables. */
  readonly eventId: string
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE'
  /** When it was committed, milliseconds since 1970; never less than that of the record before. */
  readonly timestamp: number
  readonly viewType: StreamViewType
  /** The primary key. */
  readonly keys: Item
  /** The item after the change, where the view type has it; not of REMOVE. */
  readonly newImage?: Item
  /** The item before the change, where the view type has it; not of INSERT. */
  readonly oldImage?: Item
  /** Of keys and images, as DynamoDB counts. */
  readonly sizeBytes: number
  /** With items that were removed because they had expired. */
  readonly userIdentity?: { readonly type: 'Service'; readonly principalId: 'dynamodb.amazonaws.com' }
}

const formatVersion = 1
/** By their numbers in records. */
const eventNames = ['INSERT', 'MODIFY', 'REMOVE'] as const
const hasNew = 1
const hasOld = 2
const byTtl = 4

/** True when the change is one that streams tell: a write that leaves the item as it was is none. */
export function isChange({ after, before }: ItemChange): boolean {
  if (before === undefined || after === undefined || before === after) return before !== after
  return compareBytes(before.bytes, after.bytes) !== 0 && !equalValues(before.item, after.item)
}

/** The value of a record's row: docs/formats.md, "Streams". `keys`: the attributes of the item's primary key. */
export function encodeRecord(
  { after, before, cause }: ItemChange,
  keys: Item,
  viewType: StreamViewType,
  timestamp: number,
): Uint8Array {
  const event = before === undefined ? 0 : after === undefined ? 2 : 1
  const newImage = showsNew(viewType) ? after : undefined
  const oldImage = showsOld(viewType) ? before : undefined
  const flags =
    (newImage === undefined ? 0 : hasNew) |
    (oldImage === undefined ? 0 : hasOld) |
    (cause === 'ttl' ? byTtl : 0)
  const writer = new ByteWriter()
  writer.raw(Uint8Array.of(formatVersion, event, flags, viewTypes.indexOf(viewType)))
  writer.varint(timestamp).bytes(encodeItem(keys))
  if (newImage !== undefined) writer.bytes(newImage.bytes)
  if (oldImage !== undefined) writer.bytes(oldImage.bytes)
  return writer.finish()
}

/** The record in a row. Throws BURROW_CORRUPTION for bytes that `encodeRecord` cannot have made. */
export function decodeRecord(tableId: number, sequence: number, value: Uint8Array): StreamRecord {
  return reading(sequence, () => {
    const reader = new ByteReader(value)
    const { event, flags, timestamp, viewType } = readHead(reader)
    let sizeBytes = 0
    const item = (what: string) => {
      const bytes = reader.bytes(what)
      sizeBytes += storedSize(bytes)
      return decodeItem(bytes)
    }
    const keys = item('keys')
    const newImage = (flags & hasNew) === 0 ? undefined : item('new image')
    const oldImage = (flags & hasOld) === 0 ? undefined : item('old image')
    if (!reader.atEnd) throw new ByteReaderError('bytes after the record', reader.position)
    return {
      sequenceNumber: sequenceText(sequence),
      eventId: tableId.toString(16).padStart(8, '0') + sequence.toString(16).padStart(16, '0'),
      eventName: event,
      timestamp,
      viewType,
      keys,
      ...(newImage === undefined ? {} : { newImage }),
      ...(oldImage === undefined ? {} : { oldImage }),
      sizeBytes,
      ...((flags & byTtl) === 0
        ? {}
        : { userIdentity: { type: 'Service', principalId: 'dynamodb.amazonaws.com' } as const }),
    }
  })
}

/** When the record in a row was committed. */
export function recordTime(sequence: number, value: Uint8Array): number {
  return reading(sequence, () => readHead(new ByteReader(value)).timestamp)
}

function readHead(reader: ByteReader) {
  const [version, eventNumber, flags = 0, view] = reader.raw('head of the record', 4)
  if (version !== formatVersion) throw new ByteReaderError(`format version ${version}`, 0)
  const event = eventNames[eventNumber!]
  const viewType = viewTypes[view!]
  if (event === undefined || viewType === undefined)
    throw new ByteReaderError('unknown event or view type', 1)
  return { event, flags, viewType, timestamp: reader.varint('time') }
}

function reading<T>(sequence: number, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ByteReaderError)) throw error
    throw corruption(`The stream record ${sequence} cannot be read: ${error.message}`)
  }
}
