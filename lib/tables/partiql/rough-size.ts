import { type AttributeValue, bytesOf, isPlainObject } from '../value.ts'

/** About how many bytes a value has: enough to end a page by, without encoding it. */
export function roughSize(value: AttributeValue): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return bytesOf(value).length
  let size = 3
  if (Array.isArray(value) || value instanceof Set) {
    for (const member of value) size += roughSize(member)
  } else if (isPlainObject(value)) {
    for (const name of Object.keys(value)) size += name.length + roughSize(value[name] as AttributeValue)
  } else {
    size = 20
  }
  return size
}
