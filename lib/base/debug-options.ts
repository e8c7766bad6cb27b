import { describeValue } from '../util/describe-value.ts'
import { nearestName } from '../util/nearest-name.ts'
import { type BurrowError, invalidArgument } from './errors.ts'

/** What the option `debug` takes: what is kept beyond what costs nothing. */
export interface DebugOptions {
  /** Remember the stack that opened each iterator and snapshot, for `db.debug.liveHandles()` and the event `leak`. Default false. */
  readonly trackHandles?: boolean | undefined
  /** Leave keys out of errors, of what `db.debug` keeps, and of lines of the log. Default false. */
  readonly redact?: boolean | undefined
}

export type ResolvedDebugOptions = { readonly [name in keyof DebugOptions]-?: boolean }

const defaults: ResolvedDebugOptions = { trackHandles: false, redact: false }
const names = Object.keys(defaults) as (keyof DebugOptions)[]

/** A checked, frozen copy with every field. Throws BURROW_INVALID_ARGUMENT that names field and value. */
export function checkDebug(value: unknown): ResolvedDebugOptions {
  if (value === undefined) return Object.freeze({ ...defaults })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse('debug', value, `an object with ${names.join(', ')}`)
  }
  for (const name of Object.keys(value)) {
    if ((names as string[]).includes(name)) continue
    const near = nearestName(name, names)
    const hint = near === undefined ? `it takes ${names.join(', ')}` : `did you mean '${near}'?`
    throw invalidArgument(`option 'debug' has no field '${name}'; ${hint}`, { option: `debug.${name}` })
  }
  const given = { ...(value as Record<string, unknown>) }
  const resolved = { ...defaults } as Record<keyof DebugOptions, boolean>
  for (const name of names) {
    const flag = given[name]
    if (flag === undefined) continue
    if (typeof flag !== 'boolean') throw refuse(`debug.${name}`, flag, 'true or false')
    resolved[name] = flag
  }
  return Object.freeze(resolved)
}

function refuse(option: string, value: unknown, allowed: string): BurrowError {
  return invalidArgument(`option '${option}' is ${describeValue(value)}; it must be ${allowed}`, {
    option,
    value,
    allowed,
  })
}
