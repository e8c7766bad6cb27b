/** Items as bytes: docs/formats.md, "Items". One attribute can be read without decoding the others. */
import { BurrowError } from '../base/errors.ts'
import { asBuffer } from '../util/bytes.ts'
import type { FastBuffer } from '../util/fast-buffer.ts'
import { corruption } from './errors.ts'
import { itemHeaderBytes, itemVersion } from './item-tags.ts'
import type { AttributeValue, Item } from './value.ts'
import { readAttributes, readOne } from './value-reader.ts'
import { beginWriting, countedSize, finishWriting, writeAttributes } from './value-writer.ts'

/** The bytes of an item. REQUIRES: `checkItem` let it pass. `storedSize` of the result is the size that DynamoDB counts. */
export function encodeItem(item: Item): Buffer {
  beginWriting(itemHeaderBytes)
  writeAttributes(item)
  const bytes = finishWriting()
  const size = countedSize()
  bytes[0] = itemVersion
  bytes[1] = size & 0xff
  bytes[2] = (size >>> 8) & 0xff
  bytes[3] = (size >>> 16) & 0xff
  return bytes
}

/**
 * The item that `encodeItem` made bytes of; with `names`, only its attributes of these names. Nothing of it shares
 * memory with the bytes. Throws BURROW_CORRUPTION, and BURROW_UNSUPPORTED for a later version of the format.
 */
export function decodeItem(bytes: Uint8Array, names?: ReadonlySet<string>): Item {
  checkHeader(bytes)
  return readAttributes(fast(bytes), itemHeaderBytes, bytes.length, names)
}

/** One attribute of an encoded item; undefined when it has none of that name. Throws like `decodeItem`. */
export function readAttribute(bytes: Uint8Array, name: string): AttributeValue | undefined {
  checkHeader(bytes)
  return readOne(fast(bytes), itemHeaderBytes, bytes.length, name)
}

/** The size of an encoded item as DynamoDB counts it, in bytes. Throws like `decodeItem`. */
export function storedSize(bytes: Uint8Array): number {
  checkHeader(bytes)
  return bytes[1]! | (bytes[2]! << 8) | (bytes[3]! << 16)
}

function checkHeader(bytes: Uint8Array): void {
  if (bytes.length < itemHeaderBytes) throw corruption('the bytes of an item are damaged: they are too few')
  const version = bytes[0]
  if (version === itemVersion) return
  if (version === 0) throw corruption('the bytes of an item are damaged: they have no version')
  throw new BurrowError(
    'BURROW_UNSUPPORTED',
    `an item has the format version ${version}; this version of burrowdb reads up to ${itemVersion}. Use a newer one`,
    { context: { feature: `items of format version ${version}` } },
  )
}

function fast(bytes: Uint8Array): FastBuffer {
  return (Buffer.isBuffer(bytes) ? bytes : asBuffer(bytes)) as FastBuffer
}
