/** What a tracer keeps. */
export interface TraceOptions {
  /**
   * `all`: every operation. `sampled`: a share of them, chosen at random. `slow`: those that took `slowMs` or longer.
   * Default `all`. Jobs and stalls are few, and are kept in every mode; `slow` leaves out shorter jobs, too.
   */
  readonly mode?: 'all' | 'sampled' | 'slow' | undefined
  /** With `sampled`: the share of operations, above 0 and up to 1. Default 0.01. */
  readonly sampleRate?: number | undefined
  /** With `slow`: milliseconds; may be a fraction. Default 10. */
  readonly slowMs?: number | undefined
  /** Events kept; then the oldest give way, and are counted. 1 to 10 000 000, about 200 bytes each. Default 65 536. */
  readonly capacity?: number | undefined
  /** Keep the native sub-phases of each operation in `args.phases`: a few clock readings more each. Default true. */
  readonly phases?: boolean | undefined
  /** Keep no keys and paths in `args`. Default false: keys are kept, escaped, up to 64 characters. */
  readonly redact?: boolean | undefined
  /**
   * Also give every span that is kept to the tracer provider that the program registered with `@opentelemetry/api`, an
   * optional peer dependency, as a child of the span that is active when the operation begins. Default false.
   */
  readonly openTelemetry?: boolean | undefined
}
