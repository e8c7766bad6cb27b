/** Log levels from the most to the least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/** One method of a pino-shaped logger: fields first, then the text. */
export type LogMethod = (fields: object, message: string) => void

/** The part of pino's interface that the engine uses; `console` does too. */
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
export type LogFilter = ReadonlyMap<string, LogLevel>

/**
 * Parses `compaction=debug,recovery=trace`, or `warn,compaction=debug` where a level alone is for the rest.
 * The rest is `info` unless said. Throws RangeError for a level that does not exist.
 */
export function parseLogFilter(text: string): LogFilter {
  const filter = new Map<string, LogLevel>([['*', 'info']])
  for (const part of text.split(',')) {
    const item = part.trim()
    if (item === '') continue
    const at = item.indexOf('=')
    const component = at < 0 ? '*' : item.slice(0, at).trim()
    const level = item.slice(at + 1).trim() as LogLevel
    if (!logLevels.includes(level)) {
      throw new RangeError(
        `log filter ${JSON.stringify(item)}: the level must be one of ${logLevels.join(', ')}`,
      )
    }
    filter.set(component, level)
  }
  return filter
}

/**
 * Stands between the engine and the user's logger: drops what the filter hides before any text is built by the target,
 * adds the component's name, and keeps a logger that throws from doing harm. The filter can be changed at any time.
 */
export class LogSource {
  readonly #target: Logger
  #filter: LogFilter

  constructor(target: Logger = silentLogger, filter: LogFilter = parseLogFilter('')) {
    this.#target = target
    this.#filter = filter
  }

  setFilter(filter: LogFilter): void {
    this.#filter = filter
  }

  /** Whether a message of this level would be passed on; ask before building costly fields. */
  enabled(component: string, level: LogLevel): boolean {
    if (this.#target === silentLogger) return false
    const least = this.#filter.get(component) ?? this.#filter.get('*') ?? 'info'
    return logLevels.indexOf(level) >= logLevels.indexOf(least)
  }

  /** A logger whose messages carry `component`. */
  component(component: string): Logger {
    const method = (level: Exclude<LogLevel, 'silent'>): LogMethod => {
      return (fields, message) => {
        if (!this.enabled(component, level)) return
        try {
          this.#target[level]({ component, ...fields }, message)
        } catch {
          // A broken logger must not break the database, and there is nobody left to tell.
        }
      }
    }
    return {
      trace: method('trace'),
      debug: method('debug'),
      info: method('info'),
      warn: method('warn'),
      error: method('error'),
    }
  }
}
