import { inspect } from 'node:util'

/** A value from outside as short text for an error message: one line, at most 80 characters, never throws, calls no user code. */
export function describeValue(value: unknown): string {
  let text: string
  try {
    text = inspect(value, {
      depth: 1,
      customInspect: false,
      maxArrayLength: 8,
      maxStringLength: 60,
      compact: true,
      breakLength: Number.POSITIVE_INFINITY,
    })
  } catch {
    text = `a value of type ${typeof value}`
  }
  text = text.replace(/\s+/g, ' ')
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}
