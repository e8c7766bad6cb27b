import { badOption, readCount, readFlag, readOptions } from '../kv/call-options.ts'
import { loadOpenTelemetry, type OpenTelemetryApi } from './open-telemetry.ts'

export interface ResolvedTraceOptions {
  readonly mode: 'all' | 'sampled' | 'slow'
  readonly sampleRate: number
  readonly slowMs: number
  readonly capacity: number
  readonly phases: boolean
  readonly redact: boolean
  readonly openTelemetry: OpenTelemetryApi | undefined
}

const modes = ['all', 'sampled', 'slow'] as const
const names = new Set([
  'mode',
  'sampleRate',
  'slowMs',
  'capacity',
  'phases',
  'redact',
  'openTelemetry',
] as const)
const mostEvents = 10_000_000

/** Throws BURROW_INVALID_ARGUMENT for what does not fit, and for a field that the mode does not have. */
export function readTraceOptions(options: unknown): ResolvedTraceOptions {
  const fields = readOptions(options, names, 'trace')
  const mode = modes.find((name) => name === (fields.mode ?? 'all'))
  if (mode === undefined) throw badOption('mode', fields.mode, "'all', 'sampled' or 'slow'", 'trace')
  const { sampleRate = 0.01, slowMs = 10 } = fields
  if (typeof sampleRate !== 'number' || !(sampleRate > 0 && sampleRate <= 1)) {
    throw badOption('sampleRate', sampleRate, 'a number above 0 and up to 1', 'trace')
  }
  if (typeof slowMs !== 'number' || !(slowMs >= 0 && slowMs < Number.POSITIVE_INFINITY)) {
    throw badOption('slowMs', slowMs, 'a number of milliseconds from 0 up', 'trace')
  }
  if (fields.sampleRate !== undefined && mode !== 'sampled') {
    throw badOption('sampleRate', sampleRate, "left out, or go with mode: 'sampled'", 'trace')
  }
  if (fields.slowMs !== undefined && mode !== 'slow') {
    throw badOption('slowMs', slowMs, "left out, or go with mode: 'slow'", 'trace')
  }
  const capacity = readCount('capacity', fields.capacity, 'trace') ?? 65_536
  if (capacity < 1 || capacity > mostEvents) {
    throw badOption('capacity', capacity, `a whole number from 1 to ${mostEvents}`, 'trace')
  }
  const exported = readFlag('openTelemetry', fields.openTelemetry, 'trace') ?? false
  return {
    mode,
    sampleRate,
    slowMs,
    capacity,
    phases: readFlag('phases', fields.phases, 'trace') ?? true,
    redact: readFlag('redact', fields.redact, 'trace') ?? false,
    openTelemetry: exported ? loadOpenTelemetry() : undefined,
  }
}
