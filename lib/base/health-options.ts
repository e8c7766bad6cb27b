import { describeValue } from '../util/describe-value.ts'
import { nearestName } from '../util/nearest-name.ts'
import { formatBytes, MiB } from '../util/units.ts'
import { type BurrowError, invalidArgument } from './errors.ts'
import type { ResolvedOptions } from './option-types.ts'

/** Every `code` that a finding of `db.health()` can have; docs/operations.md says what they mean. */
export const healthCodes = [
  'read-only',
  'directory',
  'corruption',
  'no-space',
  'background-error',
  'background-errors',
  'disk-usage',
  'disk-space',
  'write-slowdown',
  'write-stop',
  'l0-tables',
  'compaction-behind',
  'write-amplification',
  'memtables',
  'wal-bytes',
  'snapshot-age',
  'iterator-age',
  'open-iterators',
  'held-tables',
  'lost-files',
  'cache-hit-ratio',
  'recovery-cut',
  'salvaged',
  'backup-failed',
  'backup-old',
] as const
export type HealthCode = (typeof healthCodes)[number]

/**
 * When `db.health()` speaks up. Each threshold is a number, or null to switch its rule off. The comment of a field is
 * its `doc` below word for word (a test compares them); ranges and defaults are there.
 */
export interface HealthOptions {
  /** Tables in L0 from which there is a warning. */
  l0Tables?: number | null
  /** Bytes waiting for compaction from which there is a warning. */
  pendingCompactionBytes?: number | null
  /** Share of the file system in use from which there is a warning. */
  diskUsage?: number | null
  /** Share of the file system in use from which there is an error. */
  diskUsageError?: number | null
  /** Free space, as a share of the data, below which there is a warning; less than two memtables is one in any case. */
  freeSpace?: number | null
  /** Bytes written to files over bytes that users wrote from which there is a warning, once 16 memtables were written. */
  writeAmplification?: number | null
  /** Full memtables waiting to be flushed from which there is a warning. */
  immutableMemtables?: number | null
  /** Bytes of logs from which there is a warning. */
  walBytes?: number | null
  /** Failed background tasks since open from which there is a warning, also when all is well again. */
  backgroundErrors?: number | null
  /** Milliseconds that the oldest snapshot is open from which there is a warning. */
  snapshotAgeMs?: number | null
  /** Milliseconds that the oldest iterator is open from which there is a warning. */
  iteratorAgeMs?: number | null
  /** Open iterators, as a share of maxOpenIterators, from which there is a warning. */
  openIterators?: number | null
  /** Compacted tables that iterators and snapshots keep on the disk from which there is a warning. */
  heldTables?: number | null
  /** Files in lost/ from which there is a warning. */
  lostFiles?: number | null
  /** Hits over lookups of the block cache below which there is a warning, once there were 10000 lookups. */
  cacheHitRatio?: number | null
  /** Bytes of torn tails that open cut from which there is a warning. */
  recoveryBytesCut?: number | null
  /** Periods of the backup schedule since its last good backup from which there is a warning. */
  backupPeriods?: number | null
}

export type HealthThreshold = keyof HealthOptions
/** Every threshold as it is in force; null: the rule is off. */
export type ResolvedHealthOptions = { readonly [name in HealthThreshold]-?: number | null }

interface ThresholdSpec {
  readonly unit: 'count' | 'bytes' | 'milliseconds' | 'share' | 'ratio'
  readonly min: number
  readonly doc: string
  readonly default: number | ((options: ResolvedOptions) => number)
  readonly defaultText?: string
}

const hour = 3_600_000

/** Every threshold: its range, default and documentation. */
const healthSchema: Readonly<Record<HealthThreshold, ThresholdSpec>> = {
  l0Tables: {
    unit: 'count',
    min: 1,
    default: (options) => options.l0SlowdownTrigger,
    defaultText: 'l0SlowdownTrigger',
    doc: 'Tables in L0 from which there is a warning.',
  },
  pendingCompactionBytes: {
    unit: 'bytes',
    min: 1,
    default: (options) => Math.ceil(options.softPendingCompactionBytes / 2),
    defaultText: 'half of softPendingCompactionBytes: 32 GiB',
    doc: 'Bytes waiting for compaction from which there is a warning.',
  },
  diskUsage: {
    unit: 'share',
    min: 0,
    default: 0.8,
    doc: 'Share of the file system in use from which there is a warning.',
  },
  diskUsageError: {
    unit: 'share',
    min: 0,
    default: 0.95,
    doc: 'Share of the file system in use from which there is an error.',
  },
  freeSpace: {
    unit: 'ratio',
    min: 0,
    default: 0.1,
    doc: 'Free space, as a share of the data, below which there is a warning; less than two memtables is one in any case.',
  },
  writeAmplification: {
    unit: 'ratio',
    min: 1,
    default: 30,
    doc: 'Bytes written to files over bytes that users wrote from which there is a warning, once 16 memtables were written.',
  },
  immutableMemtables: {
    unit: 'count',
    min: 1,
    default: (options) => options.maxMemtables - 1,
    defaultText: 'maxMemtables − 1: writes wait',
    doc: 'Full memtables waiting to be flushed from which there is a warning.',
  },
  walBytes: {
    unit: 'bytes',
    min: 1,
    default: (options) => Math.max(64 * MiB, 2 * options.maxMemtables * options.memtableSize),
    defaultText: 'twice maxMemtables × memtableSize (384 MiB), at least 64 MiB',
    doc: 'Bytes of logs from which there is a warning.',
  },
  backgroundErrors: {
    unit: 'count',
    min: 1,
    default: 10,
    doc: 'Failed background tasks since open from which there is a warning, also when all is well again.',
  },
  snapshotAgeMs: {
    unit: 'milliseconds',
    min: 0,
    default: hour,
    doc: 'Milliseconds that the oldest snapshot is open from which there is a warning.',
  },
  iteratorAgeMs: {
    unit: 'milliseconds',
    min: 0,
    default: hour,
    doc: 'Milliseconds that the oldest iterator is open from which there is a warning.',
  },
  openIterators: {
    unit: 'share',
    min: 0,
    default: 0.8,
    doc: 'Open iterators, as a share of maxOpenIterators, from which there is a warning.',
  },
  heldTables: {
    unit: 'count',
    min: 1,
    default: 100,
    doc: 'Compacted tables that iterators and snapshots keep on the disk from which there is a warning.',
  },
  lostFiles: {
    unit: 'count',
    min: 1,
    default: 1,
    doc: 'Files in lost/ from which there is a warning.',
  },
  cacheHitRatio: {
    unit: 'share',
    min: 0,
    default: 0.3,
    doc: 'Hits over lookups of the block cache below which there is a warning, once there were 10000 lookups.',
  },
  recoveryBytesCut: {
    unit: 'bytes',
    min: 1,
    default: MiB,
    doc: 'Bytes of torn tails that open cut from which there is a warning.',
  },
  backupPeriods: {
    unit: 'ratio',
    min: 1,
    default: 2,
    doc: 'Periods of the backup schedule since its last good backup from which there is a warning.',
  },
}
const names = Object.keys(healthSchema) as HealthThreshold[]

/**
 * What the user gave as option `health`, checked and completed. `resolved` has the options that defaults depend on.
 * Throws BURROW_INVALID_ARGUMENT that names threshold, value and range.
 */
export function resolveHealth(user: unknown, resolved: ResolvedOptions): ResolvedHealthOptions {
  const given = user === undefined ? {} : user
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refuse('health', given, 'an object of thresholds')
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(healthSchema, name)) continue
    const near = nearestName(name, names)
    const hint = near === undefined ? `the thresholds are ${names.join(', ')}` : `did you mean '${near}'?`
    throw invalidArgument(`option 'health' has no threshold named '${name}'; ${hint}`, {
      option: `health.${name}`,
    })
  }
  const thresholds: Partial<Record<HealthThreshold, number | null>> = {}
  for (const name of names) {
    const value = (given as Record<string, unknown>)[name]
    const spec = healthSchema[name]
    if (value === undefined) {
      thresholds[name] = typeof spec.default === 'function' ? spec.default(resolved) : spec.default
    } else if (value === null || value === Number.POSITIVE_INFINITY) thresholds[name] = null
    else if (isInRange(spec, value)) thresholds[name] = value
    else throw refuse(`health.${name}`, value, rangeText(spec))
  }
  return Object.freeze(thresholds) as ResolvedHealthOptions
}

/** One row for each threshold, for the documentation. */
export function describeHealthOptions(): readonly Record<'name' | 'default' | 'range' | 'doc', string>[] {
  return names.map((name) => {
    const spec = healthSchema[name]
    return {
      name,
      default: spec.defaultText ?? show(spec, spec.default),
      range: rangeText(spec),
      doc: spec.doc,
    }
  })
}

function isInRange({ min, unit }: ThresholdSpec, value: unknown): value is number {
  if (typeof value !== 'number' || !(value >= min)) return false
  return unit === 'share' ? value <= 1 : unit === 'ratio' || Number.isSafeInteger(value)
}

function rangeText({ min, unit }: ThresholdSpec): string {
  const what = unit === 'share' || unit === 'ratio' ? 'a number' : 'an integer'
  return `${what} from ${min} ${unit === 'share' ? 'to 1' : 'up'}, or null`
}

function show({ unit }: ThresholdSpec, value: ThresholdSpec['default']): string {
  if (unit === 'milliseconds') return `${value} (${Number(value) / hour} h)`
  return unit === 'bytes' ? formatBytes(Number(value)) : String(value)
}

function refuse(option: string, value: unknown, allowed: string): BurrowError {
  return invalidArgument(`option '${option}' is ${describeValue(value)}; it must be ${allowed}`, {
    option,
    value,
    allowed,
  })
}
