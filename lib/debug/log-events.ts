import type { BurrowError } from '../base/errors.ts'
import type { EventBus } from '../base/event-bus.ts'
import type { EventMap, EventName, TableSummary } from '../base/events.ts'
import type { LineLevel, LogComponent, LogSource } from '../base/logger.ts'
import type { DebugHost } from '../kv/debug-host.ts'

interface Line {
  readonly component: LogComponent
  readonly level: LineLevel
  readonly message: string
  readonly fields: object
}

/**
 * Writes a line of the log for each event: what docs/logging.md lists. Where nobody reads the log, failures of background
 * work become process warnings, each kind once: the only thing that is ever printed without being asked for.
 */
export function logEvents(events: EventBus, log: LogSource, path: string): void {
  const warned = new Set<string>()
  events.onAny((name, payload) => {
    const describe = describers[name] as (payload: EventMap[EventName]) => Line[]
    if (log.active) {
      for (const { component, fields, level, message } of describe(payload)) {
        if (log.enabled(component, level)) log.log(component, level, { path, ...fields }, message)
      }
    } else if (name === 'backgroundError') {
      const { error, operation, readOnly } = payload as EventMap['backgroundError']
      const kind = `${operation} ${error.code} ${readOnly}`
      if (warned.has(kind)) return
      warned.add(kind)
      const more = readOnly ? 'writes are refused from here on' : 'it will be tried again'
      process.emitWarning(`${path}: ${operation} failed (${more}): ${error.message}`, {
        type: 'BurrowBackgroundWarning',
        code: error.code,
        detail:
          'Said once for each kind of failure; db.health() has the state, db.debug.lastErrors() all of them.',
      })
    }
  })
}

/** Closing is no event: who listens is gone by its end. */
export function logClosing(host: DebugHost): void {
  const { log, path } = host
  let began = 0
  host.onClosing(() => {
    began = performance.now()
  })
  host.onClosed(() => {
    log.log('database', 'info', { path, durationMs: performance.now() - began }, 'closed')
    log.tellDropped()
  })
}

function line(component: LogComponent, level: LineLevel, message: string, fields: object): Line {
  return { component, level, message, fields }
}

/** What each event becomes. */
const describers: { readonly [N in EventName]: (event: EventMap[N]) => Line[] } = {
  flush(event) {
    const { jobId, memtables, reason } = event
    const job = { jobId, reason, memtables }
    if (event.phase === 'begin') return [line('flush', 'debug', 'memtable flush started', job)]
    const { durationMs, error } = event
    if (error !== undefined) return [failed('flush', 'memtable flush', error, { ...job, durationMs })]
    const { bytesWritten, tables } = event
    const fields = { ...job, durationMs, ...summary('', tables), bytesWritten }
    return [line('flush', 'info', 'memtable flush completed', fields)]
  },

  compaction(event) {
    const { inputs, jobId, kind, outputLevel, reason } = event
    const levels = [...new Set(inputs.map(({ level }) => level))].sort((a, b) => a - b)
    const from = levels.map((level) => `L${level}`).join('+')
    const job = { jobId, reason, kind, inputLevels: levels, outputLevel, ...summary('input', inputs) }
    if (event.phase === 'begin') {
      const message = `compaction started, ${from} → L${outputLevel}`
      return [line('compaction', 'debug', message, { ...job, score: event.score })]
    }
    const { durationMs, error } = event
    if (error !== undefined) return [failed('compaction', 'compaction', error, { ...job, durationMs })]
    const { bytesRead, bytesWritten, outputs, recordsDropped, tombstonesDropped } = event
    const message = `compaction completed, ${from} → L${outputLevel}: ${inputs.length} → ${outputs.length} files`
    const work = { bytesRead, bytesWritten, recordsDropped, tombstonesDropped }
    return [
      line('compaction', 'info', message, { ...job, durationMs, ...summary('output', outputs), ...work }),
    ]
  },

  stall({ delayedBytesPerSecond, previous, reason, state }) {
    const fields = { state, previous, reason, delayedBytesPerSecond }
    if (state === 'none') return [line('stall', 'info', 'writes go on at full speed', fields)]
    const cause = reason === 'memtables' ? 'flushes are falling behind' : 'compaction is falling behind'
    const effect = state === 'stop' ? 'writes are stopped' : 'writes are slowed down'
    return [line('stall', 'warn', `${cause}: ${effect}`, fields)]
  },

  tableCreated: (event) => [line('tables', 'debug', 'table created', event)],
  tableDeleted: (event) => [line('tables', 'debug', 'table deleted', event)],
  walRotated: (event) => [line('wal', 'debug', 'log rotated', event)],
  manifestWritten(event) {
    const message = event.rolled ? 'manifest rolled' : 'manifest written'
    return [line('manifest', 'debug', message, event)]
  },

  backgroundError({ error, jobId, operation, readOnly }) {
    const fields = { operation, jobId, readOnly, ...errorFields(error) }
    const message = readOnly
      ? `${operation} failed: writes are refused from here on`
      : `${operation} failed and will be tried again`
    const lines = [line('background', readOnly ? 'error' : 'warn', message, fields)]
    if (error.code === 'BURROW_CORRUPTION') {
      lines.push(line('background', 'error', `Corruption detected: ${error.message}`, fields))
    }
    return lines
  },

  leak({ handles }) {
    return handles.map(({ ageMs, kind, stack }) => {
      const hint = stack === null ? '; the option debug.trackHandles says where it was opened' : ''
      const message = `${kind === 'iterator' ? 'an' : 'a'} ${kind} was left open${hint}`
      return line('database', 'warn', message, { kind, ageMs, ...(stack === null ? {} : { stack }) })
    })
  },

  recovery(event) {
    if (event.phase === 'begin') return [line('recovery', 'debug', 'recovery started', {})]
    const { bytesCut, durationMs, error, filesMoved, lastSequence, records, skipped, walsReplayed } = event
    if (error !== undefined) {
      const fields = { durationMs, ...errorFields(error) }
      const damaged = error.code === 'BURROW_CORRUPTION'
      const lines = [line('recovery', 'error', 'recovery failed', fields)]
      if (damaged) lines.push(line('recovery', 'error', `Corruption detected: ${error.message}`, fields))
      return lines
    }
    const lines = skipped.map((range) =>
      line('recovery', 'warn', 'Corruption detected: passed over a damaged part of a log', range),
    )
    if (bytesCut > 0) lines.push(line('recovery', 'info', 'cut the torn tail of a log', { bytesCut }))
    const fields = { durationMs, walsReplayed, records, bytesCut, filesMoved, lastSequence }
    lines.push(line('recovery', 'info', 'recovery completed', fields))
    return lines
  },
}

/** What jobs say that did not get through; those that were called off are no failure. */
function failed(component: LogComponent, what: string, error: BurrowError, fields: object): Line {
  if (error.code === 'BURROW_ABORTED') return line(component, 'info', `${what} given up`, fields)
  return line(component, 'warn', `${what} failed`, { ...fields, ...errorFields(error) })
}

function errorFields(error: BurrowError): object {
  const { file, offset } = error.context
  return {
    err: error,
    ...(file === undefined ? {} : { file }),
    ...(offset === undefined ? {} : { offset }),
  }
}

function summary(prefix: '' | 'input' | 'output', tables: readonly TableSummary[]): object {
  const name = (field: string) =>
    prefix === '' ? field : `${prefix}${field[0]?.toUpperCase()}${field.slice(1)}`
  return {
    [name('files')]: tables.map(({ file }) => file),
    [name('bytes')]: tables.reduce((sum, { bytes }) => sum + bytes, 0),
    [name('entries')]: tables.reduce((sum, { entries }) => sum + entries, 0),
  }
}
