/**
 * Where everything of tables lies among the keys of the store: docs/formats.md, "Tables". Each key begins with FF, which
 * no UTF-8 text does, and a byte that names the space.
 */

const marker = 0xff
/** The second byte of keys. Written to disk: never change, reuse or reorder. */
const spaces = {
  catalog: 0x63, // c
  items: 0x69, // i
  streams: 0x73, // s
  tokens: 0x74, // t
  expiry: 0x78, // x
} as const

export type Space = keyof typeof spaces

/** The index number of the table itself; those of its indexes begin at 1. */
export const baseTable = 0

/** All keys of a space begin so. */
export function spacePrefix(space: Space): Buffer {
  return Buffer.of(marker, spaces[space])
}

/** The catalog record of a table. */
export function catalogKey(tableName: string): Buffer {
  return Buffer.concat([spacePrefix('catalog'), Buffer.from(tableName, 'utf8')])
}

/** A counter of the catalog. The byte 00 is in no table name, so counters stand before all tables. */
export function counterKey(name: string): Buffer {
  return Buffer.concat([spacePrefix('catalog'), Buffer.of(0), Buffer.from(name, 'utf8')])
}

/** All keys of a table in a space that is divided by tables begin so. Ids are never used again. */
export function tablePrefix(space: 'items' | 'streams' | 'expiry', tableId: number): Buffer {
  const key = Buffer.allocUnsafe(6)
  key[0] = marker
  key[1] = spaces[space]
  key.writeUInt32BE(tableId, 2)
  return key
}

/** All rows of a table (`baseTable`) or of one of its indexes begin so. */
export function rowsPrefix(tableId: number, indexNumber: number): Buffer {
  const key = Buffer.allocUnsafe(8)
  tablePrefix('items', tableId).copy(key)
  key.writeUInt16BE(indexNumber, 6)
  return key
}

/** Rows are divided into this many stripes by the hash of their partition key. */
export const stripeCount = 256

/** All rows of one stripe begin so. */
export function stripePrefix(tableId: number, indexNumber: number, stripe: number): Buffer {
  return Buffer.concat([rowsPrefix(tableId, indexNumber), Buffer.of(stripe)])
}

/** Where the stripe stands in the key of a row; the partition key follows it. */
export const stripeOffset = 8

/** The change record of a table with this sequence number. */
export function streamKey(tableId: number, sequence: number): Buffer {
  return numbered('streams', tableId, sequence)
}

/** The sequence number in the key of a change record. */
export function streamSequence(key: Uint8Array): number {
  return readNumber(key)
}

/** Begins the keys of all rows of a table that expire in this second, since 1970. */
export function expiryPrefix(tableId: number, seconds: number): Buffer {
  return numbered('expiry', tableId, seconds)
}

/** The key of an empty value that says when the row `baseKey` expires: in seconds since 1970. */
export function expiryKey(tableId: number, seconds: number, baseKey: Uint8Array): Buffer {
  return Buffer.concat([expiryPrefix(tableId, seconds), baseKey])
}

/** What an expiry key says. The base key is a view of its bytes. */
export function readExpiryKey(key: Uint8Array): { seconds: number; baseKey: Uint8Array } {
  return { seconds: readNumber(key), baseKey: key.subarray(14) }
}

/** The record of a client request token, by the SHA-256 of the token. */
export function tokenKey(digest: Uint8Array): Buffer {
  return Buffer.concat([spacePrefix('tokens'), digest])
}

/** Above all keys that begin with `prefix`, and below all others above them. The prefix must begin with a space. */
export function prefixEnd(prefix: Uint8Array): Buffer {
  const end = Buffer.from(prefix)
  let last = end.length - 1
  while (last > 0 && end[last] === 0xff) last--
  end[last]! += 1
  return end.subarray(0, last + 1)
}

/** A key of a table that goes on with a number: a safe integer from 0, as u64 BE. */
function numbered(space: 'streams' | 'expiry', tableId: number, number: number): Buffer {
  const key = Buffer.allocUnsafe(14)
  tablePrefix(space, tableId).copy(key)
  key.writeUInt32BE(Math.floor(number / 2 ** 32), 6)
  key.writeUInt32BE(number >>> 0, 10)
  return key
}

function readNumber(key: Uint8Array): number {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
  return view.getUint32(6) * 2 ** 32 + view.getUint32(10)
}
