import { tablePrefix } from '../layout.ts'

/** No record has this number: consumers' rows stand above all records. */
const aboveRecords = Buffer.alloc(8, 0xff)

/** The key of a consumer's checkpoint; with an empty name, what the keys of all of a table begin with. */
export function consumerKey(tableId: number, name: string): Uint8Array {
  return Buffer.concat([tablePrefix('streams', tableId), aboveRecords, Buffer.from(name, 'utf8')])
}
