import { decodeItem, encodeItem } from '../item-codec.ts'
import type { AttributeValue } from '../value.ts'
import type { AttributeSchema } from './attribute-schema.ts'

/** The attribute schemas of a table as text: an encoded item, in base 64, since their numbers are more than JSON has. */
export function encodeSchemas(schemas: readonly AttributeSchema[]): string | undefined {
  if (schemas.length === 0) return undefined
  const attributes = schemas as readonly unknown[] as AttributeValue[]
  return encodeItem({ attributes }).toString('base64')
}

/** The inverse. Throws BURROW_CORRUPTION for damaged text. */
export function decodeSchemas(text: string | undefined): readonly AttributeSchema[] {
  if (text === undefined) return []
  const { attributes } = decodeItem(Buffer.from(text, 'base64'))
  return attributes as readonly unknown[] as readonly AttributeSchema[]
}
