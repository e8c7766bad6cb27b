import { createRequire } from 'node:module'
import { basename } from 'node:path'
import type { Attributes, Context, Span, Tracer } from '@opentelemetry/api'
import { BurrowError } from '../base/errors.ts'
import type { Phases } from '../base/phases.ts'
import type { OperationCall } from '../kv/debug-host.ts'
import { errorArgs } from './job-spans.ts'
import type { SubjectArgs } from './subject.ts'
import type { TraceRecord } from './trace-events.ts'

export type OpenTelemetryApi = typeof import('@opentelemetry/api')

/** Throws BURROW_UNSUPPORTED, and says what to install, where the package is not there. */
export function loadOpenTelemetry(
  load: (name: string) => unknown = createRequire(import.meta.url),
): OpenTelemetryApi {
  try {
    return load('@opentelemetry/api') as OpenTelemetryApi
  } catch (cause) {
    throw new BurrowError(
      'BURROW_UNSUPPORTED',
      "trace: 'openTelemetry' needs the package @opentelemetry/api; run `npm install @opentelemetry/api`",
      { cause, context: { operation: 'trace', option: 'openTelemetry', feature: '@opentelemetry/api' } },
    )
  }
}

/**
 * Gives spans to the tracer provider of the host, named and attributed as OpenTelemetry's semantic conventions for
 * databases say (https://opentelemetry.io/docs/specs/semconv/database/): internal spans, since no other process is asked.
 */
export class OpenTelemetrySpans {
  readonly #api: OpenTelemetryApi
  readonly #tracer: Tracer
  readonly #path: string
  readonly #namespace: string | undefined
  readonly #redact: boolean
  /** What was active when the operations under way began. */
  readonly #contexts = new WeakMap<OperationCall, Context>()

  constructor(api: OpenTelemetryApi, path: string, redact: boolean) {
    this.#api = api
    this.#tracer = api.trace.getTracer('burrowdb')
    this.#path = path
    this.#namespace = redact ? undefined : path
    this.#redact = redact
  }

  begin(call: OperationCall): void {
    this.#contexts.set(call, this.#api.context.active())
  }

  /** The operation is not to be kept. */
  forget(call: OperationCall): void {
    this.#contexts.delete(call)
  }

  operation(call: OperationCall, subject: SubjectArgs): void {
    const { began, ended, error, failed, name, phases, sync } = call
    const { count, key, scan } = subject
    const batched = name === 'getMany' || name === 'batch'
    const span = this.#start(name, began, this.#contexts.get(call) ?? this.#api.ROOT_CONTEXT, {
      'db.operation.name': name,
      'burrowdb.sync': sync,
      ...(batched && count !== undefined && { 'db.operation.batch.size': count }),
      ...(key !== undefined && { 'burrowdb.key': key }),
      ...(scan !== undefined && { 'burrowdb.scan': scan }),
      ...phaseAttributes(phases),
    })
    this.#contexts.delete(call)
    if (failed) this.#fail(span, error)
    span.end(epoch(ended))
  }

  /** Jobs belong to no request: they are roots. */
  job({ args, began, ended, name }: TraceRecord): void {
    const { error, jobId, phases, reason } = args
    const span = this.#start(name, began, this.#api.ROOT_CONTEXT, {
      'db.operation.name': name,
      'burrowdb.job.id': jobId as number,
      ...(typeof reason === 'string' && { 'burrowdb.job.reason': reason }),
      ...phaseAttributes(phases as Phases | undefined),
    })
    if (error !== undefined) this.#fail(span, error)
    span.end(epoch(ended!))
  }

  #start(name: string, began: number, context: Context, attributes: Attributes): Span {
    const target = this.#namespace === undefined ? '' : ` ${basename(this.#path)}`
    return this.#tracer.startSpan(
      `${name}${target}`,
      {
        kind: this.#api.SpanKind.INTERNAL,
        startTime: epoch(began),
        attributes: {
          'db.system.name': 'burrowdb',
          ...(this.#namespace !== undefined && { 'db.namespace': this.#namespace }),
          ...attributes,
        },
      },
      context,
    )
  }

  #fail(span: Span, error: unknown): void {
    const { code, message } = errorArgs(error)
    span.setAttribute('error.type', code ?? '_OTHER')
    span.setStatus({
      code: this.#api.SpanStatusCode.ERROR,
      ...(!this.#redact && { message }),
    })
  }
}

function phaseAttributes(phases: Phases | undefined): Attributes {
  const attributes: Attributes = {}
  for (const [name, { count, micros }] of Object.entries(phases ?? {})) {
    attributes[`burrowdb.phase.${name}.us`] = micros
    attributes[`burrowdb.phase.${name}.count`] = count
  }
  return attributes
}

/** Milliseconds since 1970, as OpenTelemetry takes them. */
function epoch(ms: number): number {
  return performance.timeOrigin + ms
}
