import { describeValue } from '../util/describe-value.ts'
import { nearestName } from '../util/nearest-name.ts'
import { type BurrowError, invalidArgument } from './errors.ts'

/** Which backups stay; the newest whole one always does. Absent: no limit. */
export interface BackupRetention {
  /** So many, from 1 up. */
  readonly count?: number | undefined
  /** Those that are not older than so many milliseconds. */
  readonly ageMs?: number | undefined
}

/** What the option `backup` takes. */
export interface BackupSchedule {
  /** The directory of the backups, of which this database is the only one. */
  readonly directory: string
  /** Milliseconds from one backup to the next, 1000 to 2147483647 (24 days). */
  readonly everyMs: number
  /** Default: all are kept. */
  readonly keep?: BackupRetention | undefined
  /** Limit for reading and writing. Default 0: none. */
  readonly bytesPerSecond?: number | undefined
}

const scheduleNames = ['directory', 'everyMs', 'keep', 'bytesPerSecond']
const keepNames = ['count', 'ageMs']
/** What a timer can wait for. */
const longestMs = 2 ** 31 - 1
const shortestMs = 1000

/** A checked, frozen copy. Throws BURROW_INVALID_ARGUMENT that names field, value and range. */
export function checkSchedule(value: unknown): BackupSchedule {
  const { bytesPerSecond = 0, directory, everyMs, keep = {} } = fields(value, scheduleNames, 'backup')
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw refuse('backup.directory', directory, 'a non-empty string')
  }
  const period = integer('backup.everyMs', everyMs, shortestMs, longestMs)
  const { ageMs, count } = fields(keep, keepNames, 'backup.keep')
  const largest = Number.MAX_SAFE_INTEGER
  return Object.freeze({
    directory,
    everyMs: period,
    keep: Object.freeze({
      ...(count === undefined ? {} : { count: integer('backup.keep.count', count, 1, largest) }),
      ...(ageMs === undefined ? {} : { ageMs: integer('backup.keep.ageMs', ageMs, 0, largest) }),
    }),
    bytesPerSecond: integer('backup.bytesPerSecond', bytesPerSecond, 0, largest),
  })
}

function fields(value: unknown, names: readonly string[], option: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(option, value, `an object with ${names.join(', ')}`)
  }
  for (const name of Object.keys(value)) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    const hint = near === undefined ? `it takes ${names.join(', ')}` : `did you mean '${near}'?`
    throw invalidArgument(`option '${option}' has no field '${name}'; ${hint}`, {
      option: `${option}.${name}`,
    })
  }
  return { ...value }
}

function integer(option: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
  throw refuse(
    option,
    value,
    `an integer from ${min} to ${max === Number.MAX_SAFE_INTEGER ? '2^53 - 1' : max}`,
  )
}

function refuse(option: string, value: unknown, allowed: string): BurrowError {
  return invalidArgument(`option '${option}' is ${describeValue(value)}; it must be ${allowed}`, {
    option,
    value,
    allowed,
  })
}
