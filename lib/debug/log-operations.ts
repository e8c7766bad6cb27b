import type { DebugHost, OperationCall } from '../kv/debug-host.ts'
import { addObserver } from './observers.ts'
import { describeSubject, keepSubject } from './subject.ts'

/**
 * Writes a line for each call while the filter shows `operations`: at `debug` calls that fail, at `trace` all. While it shows
 * neither, nothing is observed.
 */
export function logOperations(host: DebugHost): void {
  const { log } = host
  let stop: (() => void) | undefined
  const adjust = () => {
    const wanted = log.enabled('operations', 'debug') && host.status !== 'closing' && host.status !== 'closed'
    if (wanted && stop === undefined) {
      stop = addObserver(host, { end: (call) => logCall(host, call) })
    } else if (!wanted && stop !== undefined) {
      stop()
      stop = undefined
    }
  }
  const end = log.onFilter(adjust)
  host.onClosed(end)
  adjust()
}

function logCall({ log, options, path }: DebugHost, call: OperationCall): void {
  const level = call.failed ? 'debug' : 'trace'
  if (!log.enabled('operations', level)) return
  const { began, ended, error, name, sync } = call
  const fields = {
    path,
    operation: name,
    sync,
    ...describeSubject(keepSubject(call, options.debug.redact)),
    durationMs: ended - began,
    ...(call.failed ? { err: error } : {}),
  }
  log.log('operations', level, fields, call.failed ? `${name} failed` : name)
}
