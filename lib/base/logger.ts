import { describeValue } from '../util/describe-value.ts'
import { nearestName } from '../util/nearest-name.ts'
import { invalidArgument } from './errors.ts'

/** Log levels from the most to the least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]
/** The level of a line. */
export type LineLevel = Exclude<LogLevel, 'silent'>

/** What a line can be about: the names that filters know, each with what it tells of. */
export const logComponents = {
  database: 'closing, and what was left open then',
  recovery: 'opening: logs replayed, torn tails cut, damage passed over',
  flush: 'memtables written to tables',
  compaction: 'tables merged and moved',
  stall: 'writers slowed down and stopped',
  wal: 'logs begun',
  manifest: 'version edits made durable',
  tables: 'tables created and deleted',
  background: 'background work that failed, with damage that it met',
  operations: 'each call, with key and duration: only at debug and trace',
  events: 'listeners that throw',
  log: 'lines that were dropped because there were too many',
} as const
export type LogComponent = keyof typeof logComponents
const componentNames = Object.keys(logComponents) as LogComponent[]

/** One method of a pino-shaped logger: fields first, then the text. */
export type LogMethod = (fields: object, message: string) => void

/** The part of pino's interface that the engine uses; `console` has it too. */
export interface Logger {
  trace: LogMethod
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}

const ignore: LogMethod = () => {}

/** Says nothing. */
export const silentLogger: Logger = Object.freeze({
  trace: ignore,
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
})

/** A level for each component, and one for the rest (`*`). */
export type LogFilter = ReadonlyMap<LogComponent | '*', LogLevel>

/**
 * Parses `compaction=debug,recovery=trace`, or `warn,compaction=debug` where a level alone is for the rest. The rest is
 * `info` unless said. Throws BURROW_INVALID_ARGUMENT for a component or level that does not exist.
 */
export function parseLogFilter(text: unknown): LogFilter {
  const filter = new Map<LogComponent | '*', LogLevel>([['*', 'info']])
  if (typeof text !== 'string') throw badFilter(text, 'a log filter is a string')
  for (const part of text.split(',')) {
    const item = part.trim()
    if (item === '') continue
    const at = item.indexOf('=')
    const component = at < 0 ? '*' : item.slice(0, at).trim()
    const level = item.slice(at + 1).trim()
    if (!isOneOf(logLevels, level)) {
      throw badFilter(text, `the level ${describeValue(level)} is none of ${logLevels.join(', ')}`)
    }
    if (component !== '*' && !isOneOf(componentNames, component)) {
      const near = nearestName(component, componentNames)
      const hint = near === undefined ? `use one of ${componentNames.join(', ')}` : `did you mean '${near}'?`
      throw badFilter(text, `there is no component ${describeValue(component)}; ${hint}`)
    }
    filter.set(component, level)
  }
  return filter
}

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name)
}

function badFilter(value: unknown, problem: string) {
  const allowed = 'a list such as warn,compaction=debug'
  return invalidArgument(`log filter ${describeValue(value)}: ${problem}`, {
    option: 'logFilter',
    value,
    allowed,
  })
}

/** Lines in a second that reach the target; what is more is counted and dropped. */
export const linesPerSecond = 1000
/** A target that takes so long for one line holds up everything in the process. */
const longestLineMs = 100

export interface LogSourceOptions {
  /** Where lines go; undefined: nowhere, until there is a filter and a `fallback`. */
  readonly target?: Logger | undefined
  readonly filter?: LogFilter | undefined
  /** Makes the target for when there is a filter, but no target. */
  readonly fallback?: (() => Logger) | undefined
}

/**
 * Stands between the engine and the user's logger: drops what the filter hides, adds the component's name, bounds how
 * much there is, and keeps a logger that throws, rejects or blocks from doing harm: that is said once, as a process warning.
 */
export class LogSource {
  #target: Logger
  readonly #fallback: (() => Logger) | undefined
  #filter: LogFilter
  readonly #listeners = new Set<() => void>()
  #complained = new Set<string>()
  #windowBegan = Number.NEGATIVE_INFINITY
  #inWindow = 0
  #dropped = 0

  constructor({ fallback, filter, target }: LogSourceOptions = {}) {
    this.#fallback = fallback
    this.#filter = filter ?? parseLogFilter('')
    this.#target = target ?? (filter === undefined ? silentLogger : (fallback?.() ?? silentLogger))
  }

  /** False: nobody would see a line, whatever it is. */
  get active(): boolean {
    return this.#target !== silentLogger
  }

  /** From here on this filter counts. Without a target the fallback becomes the target. */
  setFilter(filter: LogFilter): void {
    this.#filter = filter
    if (!this.active) this.#target = this.#fallback?.() ?? silentLogger
    for (const listener of this.#listeners) listener()
  }

  /** Calls `listener` after each change of the filter. Returns the function that ends it. */
  onFilter(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Whether a line of this level would be passed on; ask before building costly fields. */
  enabled(component: LogComponent, level: LineLevel): boolean {
    if (!this.active) return false
    const least = this.#filter.get(component) ?? this.#filter.get('*') ?? 'info'
    return logLevels.indexOf(level) >= logLevels.indexOf(least)
  }

  log(component: LogComponent, level: LineLevel, fields: object, message: string): void {
    if (!this.enabled(component, level)) return
    const now = performance.now()
    if (now - this.#windowBegan >= 1000) {
      this.#windowBegan = now
      this.#inWindow = 0
      this.tellDropped()
    }
    if (this.#inWindow >= linesPerSecond) {
      this.#dropped++
      return
    }
    this.#inWindow++
    this.#pass(component, level, fields, message)
  }

  /** A logger whose lines carry `component`. */
  component(component: LogComponent): Logger {
    const method = (level: LineLevel): LogMethod => {
      return (fields, message) => this.log(component, level, fields, message)
    }
    return {
      trace: method('trace'),
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
    }
  }

  /** Says how many lines were dropped since it was said last; at the end, and with the first line of each second. */
  tellDropped(): void {
    const dropped = this.#dropped
    if (dropped === 0) return
    this.#dropped = 0
    this.#pass(
      'log',
      'warn',
      { dropped },
      `${dropped} lines were dropped: more than ${linesPerSecond} in a second`,
    )
  }

  #pass(component: LogComponent, level: LineLevel, fields: object, message: string): void {
    const began = performance.now()
    try {
      const result: unknown = this.#target[level]({ component, ...fields }, message)
      if (result instanceof Promise) result.catch((error: unknown) => this.#complain('rejects', error))
    } catch (error) {
      this.#complain('throws', error)
    }
    const taken = performance.now() - began
    if (taken >= longestLineMs) this.#complain('blocks', `one line took ${Math.round(taken)} ms`)
  }

  #complain(what: string, problem: unknown): void {
    if (this.#complained.has(what)) return
    this.#complained.add(what)
    const text = problem instanceof Error ? (problem.stack ?? problem.message) : String(problem)
    process.emitWarning(
      `the logger ${what} (said once; the database is not affected): ${text}`,
      'BurrowLoggerWarning',
    )
  }
}
