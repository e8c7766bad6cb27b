import { describeValue } from '../util/describe-value.ts'
import { nearestName } from '../util/nearest-name.ts'
import { formatBytes } from '../util/units.ts'
import { checkSchedule } from './backup-schedule.ts'
import { checkDebug } from './debug-options.ts'
import { BurrowError, type ErrorContext, invalidArgument } from './errors.ts'
import { resolveHealth } from './health-options.ts'
import { type Logger, parseLogFilter, silentLogger } from './logger.ts'
import {
  type IntegerSpec,
  levelCount,
  type OptionApplies,
  type OptionSpec,
  optionSchema,
} from './option-schema.ts'
import type { Codec, DatabaseOptions, ResolvedOptions } from './option-types.ts'

export { codecs, levelCount } from './option-schema.ts'
export type * from './option-types.ts'

type OptionName = keyof DatabaseOptions
const optionNames = Object.keys(optionSchema) as OptionName[]

/**
 * Checks what the user gave and fills in the defaults. Each field is read exactly once, so a getter cannot answer
 * twice differently. Throws BURROW_INVALID_ARGUMENT that names option, value and allowed range (an unknown option
 * included), or BURROW_UNSUPPORTED for a choice that is not built yet.
 */
export function validateOptions(user: DatabaseOptions = {}): ResolvedOptions {
  if (typeof user !== 'object' || user === null || Array.isArray(user)) {
    throw invalidArgument(`options must be an object, got ${describeValue(user)}`, { value: user })
  }
  for (const name of Object.keys(user)) {
    if (!Object.hasOwn(optionSchema, name)) throw unknownOption(name)
  }
  const resolved: Record<string, unknown> = {}
  for (const name of optionNames) {
    const spec = optionSchema[name]
    const value: unknown = user[name]
    if (value !== undefined) resolved[name] = checkOption(name, spec, value)
    else if (typeof spec.default === 'function')
      resolved[name] = spec.default(resolved as unknown as ResolvedOptions)
    else resolved[name] = spec.default
  }
  resolved['compression'] = codecByLevel(resolved['compression'] as Codec | readonly Codec[])
  resolved['logger'] ??= silentLogger
  resolved['debug'] = checkDebug(resolved['debug'])
  resolved['health'] = resolveHealth(resolved['health'], resolved as unknown as ResolvedOptions)
  const options = Object.freeze(resolved) as unknown as ResolvedOptions
  checkTogether(options)
  return options
}

/** One row of the table of options, for documentation and `burrow` help. */
export interface OptionDescription {
  readonly name: string
  readonly type: string
  /** The default in words. */
  readonly default: string
  /** The allowed values in words. */
  readonly range: string
  readonly applies: OptionApplies
  readonly doc: string
}

/** Every option with what the documentation says of it, in the order of the table. */
export function describeOptions(): OptionDescription[] {
  return optionNames.map((name) => {
    const spec = optionSchema[name]
    return {
      name,
      type: spec.type,
      default: spec.defaultText ?? defaultText(spec),
      range: rangeText(spec),
      applies: spec.applies,
      doc: spec.doc,
    }
  })
}

function unknownOption(name: string): BurrowError {
  const near = nearestName(name, optionNames)
  const hint = near === undefined ? `the options are ${optionNames.join(', ')}` : `did you mean '${near}'?`
  return invalidArgument(`there is no option named '${name}'; ${hint}`, {
    option: name,
    ...(near === undefined ? {} : { suggestion: near }),
  })
}

function refuse(name: string, value: unknown, allowed: string): BurrowError {
  return invalidArgument(`option '${name}' is ${describeValue(value)}; it must be ${allowed}`, {
    option: name,
    value,
    allowed,
  })
}

/** The value as it is kept: checked, and copied where the user could change it later. */
function checkOption(name: OptionName, spec: OptionSpec, value: unknown): unknown {
  switch (spec.type) {
    case 'boolean':
      if (typeof value !== 'boolean') throw refuse(name, value, rangeText(spec))
      return value
    case 'integer':
      if (!Number.isInteger(value) || (value as number) < spec.min || (value as number) > spec.max) {
        throw refuse(name, value, rangeText(spec))
      }
      return value
    case 'choice':
      if (!spec.choices.includes(value as string)) throw refuse(name, value, rangeText(spec))
      if (spec.unsupported.includes(value as string)) {
        const context: ErrorContext = {
          option: name,
          value,
          feature: `${name}: '${value}'`,
          allowed: rangeText(spec),
        }
        throw new BurrowError(
          'BURROW_UNSUPPORTED',
          `option '${name}' is ${describeValue(value)}, which this version cannot do yet; use ${rangeText(spec)}`,
          { context },
        )
      }
      return value
    case 'compression':
      return checkCompression(name, spec, value)
    case 'function':
      if (typeof value !== 'function') throw refuse(name, value, rangeText(spec))
      return value
    case 'logger':
      if (!isLogger(value)) throw refuse(name, value, rangeText(spec))
      return value
    case 'logFilter':
      parseLogFilter(value)
      return value
    case 'health':
    case 'debug':
      // Checked as a whole: health once the options are known that its defaults depend on.
      return value
    case 'schedule':
      return checkSchedule(value)
    case 'component':
      if (typeof value !== 'object' || value === null) throw refuse(name, value, rangeText(spec))
      return value
  }
}

function checkCompression(name: string, spec: OptionSpec & { type: 'compression' }, value: unknown): unknown {
  if (!Array.isArray(value)) {
    if (!spec.choices.includes(value as string)) throw refuse(name, value, rangeText(spec))
    return value
  }
  const copy: unknown[] = Array.from(value)
  if (
    copy.length < 1 ||
    copy.length > levelCount ||
    !copy.every((codec) => spec.choices.includes(codec as string))
  ) {
    throw refuse(name, value, rangeText(spec))
  }
  return copy
}

function codecByLevel(compression: Codec | readonly Codec[]): readonly Codec[] {
  const given = typeof compression === 'string' ? [compression] : compression
  return Object.freeze(
    Array.from({ length: levelCount }, (_, level) => given[Math.min(level, given.length - 1)]!),
  )
}

function isLogger(value: unknown): value is Logger {
  if (typeof value !== 'object' || value === null) return false
  return ['trace', 'debug', 'info', 'warn', 'error'].every(
    (method) => typeof (value as Record<string, unknown>)[method] === 'function',
  )
}

/** Rules about two options at once; each names the one that the user more likely got wrong. */
function checkTogether(options: ResolvedOptions): void {
  const { l0CompactionTrigger, l0SlowdownTrigger, l0StopTrigger } = options
  if (l0SlowdownTrigger < l0CompactionTrigger) {
    throw refuse(
      'l0SlowdownTrigger',
      l0SlowdownTrigger,
      `at least l0CompactionTrigger (${l0CompactionTrigger})`,
    )
  }
  if (l0StopTrigger < l0SlowdownTrigger) {
    throw refuse('l0StopTrigger', l0StopTrigger, `at least l0SlowdownTrigger (${l0SlowdownTrigger})`)
  }
  const { softPendingCompactionBytes, hardPendingCompactionBytes } = options
  if (hardPendingCompactionBytes < softPendingCompactionBytes) {
    const allowed = `at least softPendingCompactionBytes (${softPendingCompactionBytes})`
    throw refuse('hardPendingCompactionBytes', hardPendingCompactionBytes, allowed)
  }
  if (options.readOnly && options.backup !== undefined) {
    throw refuse(
      'backup',
      options.backup,
      'left out with readOnly: the program that writes makes the backups',
    )
  }
  if (options.compressionLevel > 9 && options.compression.includes('zlib')) {
    throw refuse(
      'compressionLevel',
      options.compressionLevel,
      "an integer from 1 to 9 with compression: 'zlib'",
    )
  }
}

function rangeText(spec: OptionSpec): string {
  switch (spec.type) {
    case 'boolean':
      return 'true or false'
    case 'integer':
      return `an integer from ${amount(spec, spec.min)} to ${amount(spec, spec.max)}`
    case 'choice':
      return listChoices(spec.choices.filter((choice) => !spec.unsupported.includes(choice)))
    case 'compression':
      return `${listChoices(spec.choices)}, or an array of 1 to ${levelCount} of these`
    case 'function':
      return 'a function'
    case 'logger':
      return 'an object with the methods trace, debug, info, warn and error'
    case 'logFilter':
      return 'levels and components: docs/logging.md'
    case 'debug':
      return 'an object of flags'
    case 'health':
      return 'an object of thresholds'
    case 'schedule':
      return 'an object; everyMs from 1000 to 2147483647'
    case 'component':
      return 'an object'
  }
}

function defaultText(spec: OptionSpec): string {
  if (spec.default === undefined) return 'none'
  if (spec.type === 'integer') return amount(spec, spec.default as number)
  return typeof spec.default === 'string' ? `'${spec.default}'` : String(spec.default)
}

function amount(spec: IntegerSpec, value: number): string {
  if (spec.unit === 'count' || value < 1024) return String(value)
  return value === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : formatBytes(value)
}

function listChoices(choices: readonly string[]): string {
  const quoted = choices.map((choice) => `'${choice}'`)
  return quoted.length === 1 ? `${quoted[0]}` : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
