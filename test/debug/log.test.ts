import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { recordingLogger, turn } from './recording-logger.ts'

beforeEach(() => {
  // The tests run with `silent`.
  vi.stubEnv('BURROW_LOG', '')
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

/** Writes and flushes enough tables for a compaction. */
async function work(db: Database): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await db.put('a', `${round}`)
    await db.put(`k${round}`, 'v')
    await db.flush()
  }
  await db.compact()
  await turn()
}

describe('the lines of events', () => {
  it('are those of opening, flushing, compacting and closing, with their fields', async () => {
    const { lines, logger } = recordingLogger()
    const db = await Database.open(':memory:', { logger, logFilter: 'debug,operations=info' })
    await work(db)
    db.snapshot()
    db.keys({})
    await db.close()
    const seen = (message: string) => lines.filter((line) => line.message.startsWith(message))
    expect(seen('recovery started')).toHaveLength(1)
    expect(seen('recovery completed')).toEqual([
      {
        level: 'info',
        message: 'recovery completed',
        fields: {
          component: 'recovery',
          path: ':memory:',
          durationMs: expect.any(Number),
          walsReplayed: 0,
          records: 0,
          bytesCut: 0,
          filesMoved: [],
          lastSequence: 0,
        },
      },
    ])
    expect(seen('memtable flush started').length).toBeGreaterThanOrEqual(3)
    expect(seen('memtable flush completed')[0]).toEqual({
      level: 'info',
      message: 'memtable flush completed',
      fields: {
        component: 'flush',
        path: ':memory:',
        jobId: expect.any(Number),
        reason: 'manual',
        memtables: 1,
        durationMs: expect.any(Number),
        files: [expect.any(Number)],
        bytes: expect.any(Number),
        entries: 2,
        bytesWritten: expect.any(Number),
      },
    })
    const merged = seen('compaction completed').find(({ fields }) => fields['kind'] === 'merge')
    expect(merged).toMatchObject({
      level: 'info',
      message: expect.stringMatching(/^compaction completed, L0 → L\d: 3 → 1 files$/),
      fields: {
        component: 'compaction',
        inputLevels: [0],
        inputEntries: 6,
        outputEntries: 4,
        recordsDropped: 2,
        durationMs: expect.any(Number),
      },
    })
    expect(seen('table created').length).toBeGreaterThanOrEqual(4)
    expect(seen('table deleted').length).toBeGreaterThanOrEqual(3)
    expect(seen('log rotated').length).toBeGreaterThanOrEqual(3)
    expect(seen('manifest ').length).toBeGreaterThan(3)
    expect(seen('an iterator was left open')).toMatchObject([
      { level: 'warn', fields: { component: 'database' } },
    ])
    expect(seen('a snapshot was left open')).toHaveLength(1)
    expect(lines.at(-1)).toMatchObject({
      level: 'info',
      message: 'closed',
      fields: { durationMs: expect.any(Number) },
    })
  })

  it('follow the filter at run time, which is checked', async () => {
    const { lines, logger } = recordingLogger()
    const db = await Database.open(':memory:', { logger, logFilter: 'silent' })
    await db.put('a', '1')
    await db.flush()
    await turn()
    expect(lines).toEqual([])
    expect(() => db.setLogFilter('flusch=debug')).toThrowError(
      expect.objectContaining({
        code: 'BURROW_INVALID_ARGUMENT',
        message: expect.stringContaining("'flush'?"),
      }),
    )
    db.setLogFilter('silent,flush=info')
    await db.put('b', '1')
    await db.flush()
    await turn()
    expect(lines.map(({ message }) => message)).toEqual(['memtable flush completed'])
    await expect(Database.open(':memory:', { logFilter: 'loud' })).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
    })
    await db.close()
  })

  it('tell of damage found by recovery, with file and offset', async () => {
    const env = native.memoryEnv()
    const { lines, logger } = recordingLogger()
    await (await Database.open('db', { env })).close()
    for (const name of env.list('db')) if (name.startsWith('MANIFEST-')) env.remove(`db/${name}`)
    await expect(Database.open('db', { env, logger })).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
    await turn()
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      ['error', 'recovery failed'],
      ['error', expect.stringMatching(/^Corruption detected: /)],
    ])
    expect(lines[0]?.fields).toMatchObject({ path: 'db', err: { code: 'BURROW_CORRUPTION' } })
  })

  it('of background failures say what happens next', async () => {
    const { lines, logger } = recordingLogger()
    const env = native.faultEnv(native.memoryEnv())
    const db = await Database.open('db', { env, logger })
    env.addRule?.({ operations: ['create'], pathContains: '.sst', effect: 'error' })
    await db.put('a', '1')
    await db.flush().catch(() => {})
    await turn()
    const line = lines.find(({ fields }) => fields['component'] === 'background')
    expect(line).toMatchObject({
      level: 'warn',
      message: 'flush failed and will be tried again',
      fields: {
        operation: 'flush',
        readOnly: false,
        file: expect.stringMatching(/\.sst$/),
        err: { code: 'BURROW_IO' },
      },
    })
    await db.close()
  })
})

describe('the lines of operations', () => {
  it('are written while the filter shows them, and only then is anything observed', async () => {
    const { lines, logger } = recordingLogger()
    const db = await Database.open(':memory:', { logger, logFilter: 'silent' })
    expect(db.debug.observed).toBe(false)
    db.setLogFilter('silent,operations=trace')
    expect(db.debug.observed).toBe(true)
    db.putSync('key\n1', 'v')
    expect(() => db.getSync('')).toThrow()
    db.setLogFilter('silent,operations=debug')
    db.getSync('b')
    await db.get('').catch(() => {})
    db.setLogFilter('silent')
    expect(db.debug.observed).toBe(false)
    db.getSync('c')
    expect(lines).toMatchObject([
      {
        level: 'trace',
        message: 'put',
        fields: { component: 'operations', sync: true, key: 'key\\x0a1', durationMs: expect.any(Number) },
      },
      { level: 'debug', message: 'get failed', fields: { err: { code: 'BURROW_INVALID_ARGUMENT' } } },
      { level: 'debug', message: 'get failed', fields: { sync: false } },
    ])
    await db.close()
  })

  it('stand keys that cannot be looked at', async () => {
    const { lines, logger } = recordingLogger()
    const db = await Database.open(':memory:', { logger, logFilter: 'silent,operations=trace' })
    const detached = new Uint8Array(8)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    const { proxy, revoke } = Proxy.revocable(new Uint8Array(8), {})
    revoke()
    for (const key of [detached, proxy]) {
      const refused = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
      expect(() => db.getSync(key)).toThrow(refused)
      await expect(db.put(key, 'v')).rejects.toEqual(refused)
    }
    expect(lines.map(({ message }) => message)).toEqual([
      'get failed',
      'put failed',
      'get failed',
      'put failed',
    ])
    await db.close()
  })

  it('leave keys out with debug.redact', async () => {
    const { lines, logger } = recordingLogger()
    const options = { logger, logFilter: 'silent,operations=trace', debug: { redact: true } }
    const db = await Database.open(':memory:', options)
    db.putSync('secret', 'v')
    await db.close()
    expect(lines).not.toEqual([])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })
})

describe('targets', () => {
  it('pino is one', async () => {
    const written: string[] = []
    const stream = new Writable({
      write(chunk, _, done) {
        written.push(String(chunk))
        done()
      },
    })
    const db = await Database.open(':memory:', {
      logger: pino({ level: 'debug' }, stream),
      logFilter: 'flush=debug',
    })
    await work(db)
    await db.close()
    const lines = written.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.find(({ msg }) => msg === 'memtable flush started')).toMatchObject({
      level: 20,
      component: 'flush',
    })
    expect(lines.find(({ msg }) => String(msg).startsWith('compaction completed'))).toMatchObject({
      level: 30,
    })
  })

  it('console is one', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    const db = await Database.open(':memory:', { logger: console })
    await turn()
    await db.close()
    expect(info).toHaveBeenCalledWith(
      expect.objectContaining({ component: 'recovery' }),
      'recovery completed',
    )
  })

  it('one that throws is told of once, and the database goes on', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const fail = () => {
      throw new Error('no more paper')
    }
    const logger = { trace: fail, debug: fail, info: fail, warn: fail, error: fail }
    const db = await Database.open(':memory:', { logger, logFilter: 'trace' })
    await work(db)
    expect(db.getSync('a')).toBe('2')
    await db.close()
    expect(warnings).toHaveBeenCalledTimes(1)
  })
})

describe('without a logger', () => {
  it('nothing is printed but failures of background work, each kind once', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const env = native.faultEnv(native.memoryEnv())
    const db = await Database.open('db', { env })
    await work(db)
    db.keys({})
    expect(warnings).not.toHaveBeenCalled()
    env.addRule?.({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
    await db.put('a', '1')
    for (let attempt = 0; attempt < 2; attempt++) await db.flush().catch(() => {})
    await turn()
    expect(warnings).toHaveBeenCalledTimes(1)
    expect(warnings.mock.calls[0]).toEqual([
      expect.stringMatching(/^db: flush failed \(it will be tried again\): create db\/\d+\.sst/),
      expect.objectContaining({ type: 'BurrowBackgroundWarning', code: 'BURROW_IO' }),
    ])
    env.clearRules?.()
    await db.close()
  })
})
