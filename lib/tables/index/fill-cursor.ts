/** How far the filling of an index is: a counter of the catalog, docs/formats.md "Tables". */
import { corruption } from '../errors.ts'
import { counterKey } from '../layout.ts'

/** How far it is. */
export interface FillCursor {
  /** Items that were looked at. */
  readonly items: number
  /** The key of the last row of the table that was; undefined: none yet. */
  readonly row: Uint8Array | undefined
}

export const atBegin: FillCursor = { items: 0, row: undefined }

/** What the names of the cursors of all indexes of a table begin with. */
export function cursorsPrefix(tableId: number): Uint8Array {
  return counterKey(`fill ${tableId} `)
}

export function cursorKey(tableId: number, indexNumber: number): Uint8Array {
  return counterKey(`fill ${tableId} ${indexNumber}`)
}

/** Number of items, u64 BE · key of the row. */
export function encodeCursor({ items, row }: FillCursor): Uint8Array {
  const bytes = Buffer.alloc(8 + (row?.length ?? 0))
  bytes.writeBigUInt64BE(BigInt(items))
  if (row !== undefined) bytes.set(row, 8)
  return bytes
}

/** Throws BURROW_CORRUPTION for bytes that `encodeCursor` cannot have made. */
export function decodeCursor(bytes: Uint8Array | undefined): FillCursor {
  if (bytes === undefined) return atBegin
  if (bytes.length < 8) throw corruption('how far the filling of an index is cannot be read')
  const items = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0))
  return { items, row: bytes.length === 8 ? undefined : bytes.subarray(8) }
}
