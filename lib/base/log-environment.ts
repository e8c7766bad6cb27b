import { describeValue } from '../util/describe-value.ts'
import { type LineFormat, lineFormats, standardError } from './log-lines.ts'
import { type LogFilter, type Logger, LogSource, parseLogFilter, silentLogger } from './logger.ts'

/**
 * The log of a database that is opened with these options. `BURROW_LOG` is the filter when the option says none; with
 * either, and no logger, lines go to standard error, in the format of `BURROW_LOG_FORMAT`.
 */
export function openLog(options: { logger: Logger; logFilter: string | undefined }): LogSource {
  const { logFilter, logger } = options
  return new LogSource({
    target: logger === silentLogger ? undefined : logger,
    filter: logFilter === undefined ? filterOfEnvironment() : parseLogFilter(logFilter),
    fallback: () => standardError(formatOfEnvironment()),
  })
}

/** A typing mistake in the environment must not keep a program from starting. */
function filterOfEnvironment(): LogFilter | undefined {
  const text = process.env['BURROW_LOG']
  if (text === undefined || text.trim() === '') return undefined
  try {
    return parseLogFilter(text)
  } catch (error) {
    warn(`BURROW_LOG is ignored: ${(error as Error).message}`)
    return undefined
  }
}

function formatOfEnvironment(): LineFormat {
  const text = process.env['BURROW_LOG_FORMAT'] ?? ''
  if ((lineFormats as readonly string[]).includes(text)) return text as LineFormat
  if (text !== '') {
    warn(`BURROW_LOG_FORMAT is ${describeValue(text)}; it is ${lineFormats.join(' or ')}, and text is used`)
  }
  return 'text'
}

const warned = new Set<string>()

/** Once for each text, however many databases are opened. */
function warn(text: string): void {
  if (warned.has(text)) return
  warned.add(text)
  process.emitWarning(text, 'BurrowLoggerWarning')
}
