import { afterEach, describe, expect, it, test, vi } from 'vitest'
import { BurrowError } from '../../lib/base/errors.ts'
import { openLog } from '../../lib/base/log-environment.ts'
import { jsonLine, lineLogger, textLine } from '../../lib/base/log-lines.ts'
import {
  type LineLevel,
  type Logger,
  LogSource,
  linesPerSecond,
  parseLogFilter,
  silentLogger,
} from '../../lib/base/logger.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Keeps what it is told. */
function recorder() {
  const lines: { level: LineLevel; fields: Record<string, unknown>; message: string }[] = []
  const method = (level: LineLevel) => (fields: object, message: string) => {
    lines.push({ level, fields: fields as Record<string, unknown>, message })
  }
  const logger: Logger = {
    trace: method('trace'),
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
  }
  return { lines, logger }
}

/** A logger of which one method does this. */
function broken(info: () => unknown): Logger {
  return { ...silentLogger, info: info as () => void }
}

describe('parseLogFilter', () => {
  it('reads a level for all and levels by component', () => {
    expect([...parseLogFilter('')]).toEqual([['*', 'info']])
    expect([...parseLogFilter(' warn , compaction = debug,recovery=trace,')]).toEqual([
      ['*', 'warn'],
      ['compaction', 'debug'],
      ['recovery', 'trace'],
    ])
    expect(parseLogFilter('*=silent,flush=info').get('*')).toBe('silent')
  })

  it.each([
    ['loud', "the level 'loud' is none of trace, debug"],
    ['compaction=', "the level '' is none of"],
    ['compacton=debug', "did you mean 'compaction'?"],
    ['=debug', "there is no component ''; use one of database"],
    [7, 'a log filter is a string'],
    [null, 'a log filter is a string'],
  ])('refuses %j', (text, problem) => {
    const error = (() => {
      try {
        return parseLogFilter(text)
      } catch (thrown) {
        return thrown
      }
    })() as BurrowError
    expect(error.code).toBe('BURROW_INVALID_ARGUMENT')
    expect(error.message).toContain(problem)
    expect(error.context).toMatchObject({ option: 'logFilter', value: text })
  })
})

describe('LogSource', () => {
  it('passes on what the filter shows, with the component', () => {
    const { lines, logger } = recorder()
    const log = new LogSource({ target: logger, filter: parseLogFilter('warn,compaction=debug') })
    log.component('flush').info({ a: 1 }, 'hidden')
    log.component('flush').error({ a: 2 }, 'shown')
    log.component('compaction').debug({}, 'shown too')
    log.component('compaction').trace({}, 'hidden')
    expect(lines).toEqual([
      { level: 'error', fields: { component: 'flush', a: 2 }, message: 'shown' },
      { level: 'debug', fields: { component: 'compaction' }, message: 'shown too' },
    ])
  })

  it('takes another filter at any time, and tells who asked', () => {
    const { lines, logger } = recorder()
    const log = new LogSource({ target: logger })
    const changed = vi.fn()
    const end = log.onFilter(changed)
    expect(log.enabled('flush', 'debug')).toBe(false)
    log.setFilter(parseLogFilter('silent,flush=debug'))
    expect(log.enabled('flush', 'debug')).toBe(true)
    log.log('wal', 'error', {}, 'hidden')
    end()
    log.setFilter(parseLogFilter(''))
    expect(changed).toHaveBeenCalledTimes(1)
    expect(lines).toEqual([])
  })

  it('is silent without a target until there is a filter', () => {
    const { lines, logger } = recorder()
    const log = new LogSource({ fallback: () => logger })
    expect(log.active).toBe(false)
    log.log('flush', 'error', {}, 'nobody sees this')
    log.setFilter(parseLogFilter('debug'))
    log.log('flush', 'debug', {}, 'seen')
    expect(lines.map(({ message }) => message)).toEqual(['seen'])
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('disk of logs full')
      },
      /throws .*disk of logs full/s,
    ],
    ['rejects', () => Promise.reject(new Error('collector gone')), /rejects .*collector gone/s],
    [
      'blocks',
      () => {
        for (const end = performance.now() + 101; performance.now() < end; );
      },
      /blocks .*one line took \d{3} ms/s,
    ],
  ])('a target that %s is told of once, and harms nobody', async (_, act, text) => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const log = new LogSource({ target: broken(act) })
    for (let line = 0; line < 2; line++) log.log('flush', 'info', {}, 'x')
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]).toEqual([expect.stringMatching(text), 'BurrowLoggerWarning'])
  })

  it('bounds a flood, and says how much was dropped', () => {
    const { lines, logger } = recorder()
    let now = 0
    vi.spyOn(performance, 'now').mockImplementation(() => now)
    const log = new LogSource({ target: logger })
    for (let line = 0; line < linesPerSecond + 5; line++) log.log('flush', 'info', { line }, 'flood')
    expect(lines).toHaveLength(linesPerSecond)
    now = 1000
    log.log('flush', 'info', {}, 'later')
    log.tellDropped()
    expect(lines.slice(linesPerSecond)).toEqual([
      {
        level: 'warn',
        fields: { component: 'log', dropped: 5 },
        message: expect.stringContaining('5 lines'),
      },
      { level: 'info', fields: { component: 'flush' }, message: 'later' },
    ])
  })
})

describe('lines', () => {
  const time = new Date('2026-03-01T12:00:00.000Z')

  test('text is one line, whatever is in it', () => {
    const error = Object.assign(new Error('two\nlines'), { code: 'BURROW_IO' })
    const fields = {
      component: 'flush',
      jobId: 7,
      durationMs: 1.23456,
      path: '/var/data',
      reason: 'with spaces',
      key: '\u001b[31m\u2028',
      files: [1, 2],
      none: undefined,
      err: error,
    }
    expect(textLine('info', fields, 'memtable flush\ncompleted', time)).toBe(
      '2026-03-01T12:00:00.000Z INFO  [flush] memtable flush\\u000acompleted jobId=7 durationMs=1.235 ' +
        'path=/var/data reason="with spaces" key="\\u001b[31m\\u2028" files=[1,2] err="BURROW_IO: two\\nlines"',
    )
  })

  test('JSON is what pino writes', () => {
    const line = JSON.parse(jsonLine('warn', { component: 'stall', big: 10n }, 'slow', time)) as object
    expect(line).toMatchObject({
      level: 40,
      time: time.getTime(),
      pid: process.pid,
      component: 'stall',
      big: '10',
      msg: 'slow',
    })
  })

  test('JSON of errors has code, context and causes, and ends where they contain themselves', () => {
    const cause = new Error('first')
    cause.cause = cause
    const err = new BurrowError('BURROW_IO', 'second', { context: { file: 'a', offset: 3 }, cause })
    const fields = { err, again: { err } }
    const line = JSON.parse(jsonLine('error', fields, 'm', time)) as Record<string, unknown>
    const shown = {
      type: 'BurrowError',
      message: 'second',
      code: 'BURROW_IO',
      context: { file: 'a', offset: 3 },
      cause: { type: 'Error', message: 'first', cause: '[circular]' },
    }
    expect(line).toMatchObject({ err: shown, again: { err: shown } })
  })

  test('a logger of lines writes whole ones', () => {
    const written: string[] = []
    const logger = lineLogger('text', (line) => written.push(line))
    logger.debug({ component: 'wal' }, 'a')
    logger.error({}, 'b')
    expect(written).toEqual([
      expect.stringMatching(/ DEBUG \[wal\] a\n$/),
      expect.stringMatching(/ ERROR \[burrowdb\] b\n$/),
    ])
  })
})

describe('openLog', () => {
  it('prefers the option to BURROW_LOG', () => {
    const { logger } = recorder()
    vi.stubEnv('BURROW_LOG', 'error,flush=debug')
    const fromEnvironment = openLog({ logger, logFilter: undefined })
    expect(fromEnvironment.enabled('flush', 'debug')).toBe(true)
    expect(fromEnvironment.enabled('wal', 'warn')).toBe(false)
    expect(openLog({ logger, logFilter: 'info' }).enabled('flush', 'debug')).toBe(false)
  })

  it('is silent when nothing asks for a log, and not when BURROW_LOG does', () => {
    vi.stubEnv('BURROW_LOG', '')
    expect(openLog({ logger: silentLogger, logFilter: undefined }).active).toBe(false)
    vi.stubEnv('BURROW_LOG', 'debug')
    expect(openLog({ logger: silentLogger, logFilter: undefined }).active).toBe(true)
  })

  it('warns of a mistake in BURROW_LOG or BURROW_LOG_FORMAT once, and goes on', () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    vi.stubEnv('BURROW_LOG', 'compactoin=debug')
    for (let open = 0; open < 2; open++) {
      expect(openLog({ logger: silentLogger, logFilter: undefined }).active).toBe(false)
    }
    vi.stubEnv('BURROW_LOG', 'debug')
    vi.stubEnv('BURROW_LOG_FORMAT', 'xml')
    expect(openLog({ logger: silentLogger, logFilter: undefined }).active).toBe(true)
    expect(warnings.mock.calls.map(([text]) => text)).toEqual([
      expect.stringContaining("BURROW_LOG is ignored: log filter 'compactoin=debug'"),
      expect.stringContaining("BURROW_LOG_FORMAT is 'xml'; it is text or json"),
    ])
  })
})
