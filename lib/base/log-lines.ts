import { writeSync } from 'node:fs'
import { hostname } from 'node:os'
import { type LineLevel, type Logger, logLevels } from './logger.ts'

/** One line of text, or pino's JSON: what `BURROW_LOG_FORMAT` may be. */
export type LineFormat = 'text' | 'json'
export const lineFormats: readonly LineFormat[] = ['text', 'json']

/** Writes each line at once, so that the lines before a crash are there. */
export function standardError(format: LineFormat): Logger {
  return lineLogger(format, (line) => writeSync(2, line))
}

/** A logger that hands over complete lines, with their end. */
export function lineLogger(format: LineFormat, write: (line: string) => void): Logger {
  const show = format === 'json' ? jsonLine : textLine
  const method = (level: LineLevel) => (fields: object, message: string) => {
    write(`${show(level, fields, message, new Date())}\n`)
  }
  return {
    trace: method('trace'),
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  }
}

/** `2026-03-01T12:00:00.000Z INFO  [compaction] compaction completed, L0 → L1 jobId=7 durationMs=12.5` */
export function textLine(level: LineLevel, fields: object, message: string, time: Date): string {
  const { component, ...rest } = fields as { component?: string }
  const pairs = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : [` ${name}=${textOf(value)}`],
  )
  return `${time.toISOString()} ${level.toUpperCase().padEnd(5)} [${component ?? 'burrowdb'}] ${oneLine(message)}${pairs.join('')}`
}

/** As pino writes it: pino-pretty and its friends read it. */
export function jsonLine(level: LineLevel, fields: object, message: string, time: Date): string {
  const head = { level: pinoLevel(level), time: time.getTime(), pid: process.pid, hostname: hostname() }
  return stringify({ ...head, ...fields, msg: message })
}

function pinoLevel(level: LineLevel): number {
  return 10 * (logLevels.indexOf(level) + 1)
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toFixed(3)))
  if (value instanceof Error) return textOf(`${codeOf(value)}${value.message}`)
  if (typeof value === 'string') return /^[\w./:@→+-]+$/.test(value) ? value : oneLine(JSON.stringify(value))
  return oneLine(stringify(value))
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? `${code}: ` : ''
}

/** JSON never has a line end outside of strings, and escapes them inside; what is left are those that only Unicode knows. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** JSON of anything: errors as pino shows them, bigints as their digits. Objects that contain themselves are cut there. */
function stringify(value: unknown): string {
  /** The objects that the field at hand is in, and what is shown of each. */
  const within: { readonly field: object; readonly shown: object }[] = []
  return JSON.stringify(value, function (this: unknown, _name, field: unknown) {
    while (within.length > 0 && within.at(-1)?.shown !== this) within.pop()
    if (typeof field === 'bigint') return String(field)
    if (typeof field !== 'object' || field === null) return field
    if (within.some((outer) => outer.field === field)) return '[circular]'
    const shown = field instanceof Error ? errorFields(field) : field
    within.push({ field, shown })
    return shown
  })
}

function errorFields(error: Error): object {
  const { cause, message, name, stack, ...rest } = error as Error & Record<string, unknown>
  return { type: name, message, stack, ...rest, ...(cause === undefined ? {} : { cause }) }
}
