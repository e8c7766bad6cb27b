import { describeValue } from '../util/describe-value.ts'
import { nearestName } from '../util/nearest-name.ts'
import { invalidArgument } from './errors.ts'

/**
 * The fields of an options object of a call, each read once (a getter cannot answer twice differently). Throws
 * BURROW_INVALID_ARGUMENT for what is no object and for a name that `names` does not have.
 */
export function readOptions<N extends string>(
  options: unknown,
  names: ReadonlySet<N>,
  call: string,
): Partial<Record<N, unknown>> {
  if (options === undefined) return {}
  checkNames(options, names, call)
  const fields: Partial<Record<N, unknown>> = {}
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name]
    if (value !== undefined) fields[name] = value
  }
  return fields
}

/** The part of readOptions that throws, for calls whose cost counts: they read the fields by name themselves, once. */
export function checkNames(options: unknown, names: ReadonlySet<string>, call: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw invalidArgument(`${call}: options must be an object, got ${describeValue(options)}`, {
      operation: call,
      value: options,
    })
  }
  for (const name in options) {
    if (!names.has(name) && Object.hasOwn(options, name)) {
      const near = nearestName(name, names)
      const hint = near === undefined ? `it takes ${[...names].join(', ')}` : `did you mean '${near}'?`
      throw invalidArgument(`${call} has no option named '${name}'; ${hint}`, {
        operation: call,
        option: name,
      })
    }
  }
}

/** A boolean field, or its default. */
export function readFlag(name: string, value: unknown, call: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw badOption(name, value, 'true or false', call)
}

/** A whole number from 0 up, or Infinity where that is allowed. */
export function readCount(name: string, value: unknown, call: string, infinite = false): number | undefined {
  if (value === undefined) return undefined
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  if (infinite && value === Number.POSITIVE_INFINITY) return value
  throw badOption(name, value, `a whole number from 0 up${infinite ? ', or Infinity' : ''}`, call)
}

export function badOption(name: string, value: unknown, allowed: string, call: string): Error {
  return invalidArgument(`${call}: option '${name}' is ${describeValue(value)}; it must be ${allowed}`, {
    operation: call,
    option: name,
    value,
    allowed,
  })
}
