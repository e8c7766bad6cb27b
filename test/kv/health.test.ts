import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import {
  BurrowError,
  Database,
  type DatabaseOptions,
  describeHealthOptions,
  type Health,
} from '../../lib/index.ts'
import { judge } from '../../lib/kv/health.ts'
import type { HealthInput } from '../../lib/kv/health-rules.ts'
import { native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { copyDirectory } from './wreck.ts'

/** How long a state may take to come. */
const patience = { timeout: 60_000, interval: 20 }

const small = { memtableSize: 4096, syncWrites: false } as const

function codes(health: Health): string[] {
  return [...health.errors, ...health.warnings].map(({ code }) => code)
}

async function withDatabase(
  options: DatabaseOptions,
  work: (db: Database) => Promise<void>,
  path = ':memory:',
): Promise<void> {
  const db = await Database.open(path, options)
  try {
    await work(db as Database)
  } finally {
    await db.close().catch(() => {})
  }
}

/** One table in L0 for each. */
async function makeTables(db: Database, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await db.batch(['a', 'z'].map((key) => ({ type: 'put', key: `${key}${i}`, value: 'x'.repeat(100) })))
    await db.flush()
  }
}

async function until(db: Database, code: string): Promise<Health> {
  for (;;) {
    const health = db.health()
    if (codes(health).includes(code)) return health
    await sleep(5)
  }
}

describe('a database that is well', () => {
  it('has no findings, opened for writing or for reading', async () => {
    const env = native.memoryEnv()
    await withDatabase(
      { env },
      async (db) => {
        await makeTables(db, 3)
        expect(db.health()).toEqual({ status: 'healthy', warnings: [], errors: [] })
        await withDatabase(
          { env, readOnly: true },
          async (reader) => expect(reader.health()).toEqual({ status: 'healthy', warnings: [], errors: [] }),
          'db',
        )
      },
      'db',
    )
  })
})

describe('each rule speaks up when its threshold is crossed', () => {
  it('read-only: the log has failed', async () => {
    const env = native.faultEnv(native.memoryEnv())
    await withDatabase({ env }, async (db) => {
      env.addRule!({ operations: ['sync'], pathContains: '.wal', effect: 'error' })
      await expect(db.put('a', '1')).rejects.toMatchObject({ code: 'BURROW_IO' })
      const health = await until(db, 'read-only')
      expect(health.status).toBe('unhealthy')
      expect(health.errors[0]).toMatchObject({
        value: 'BURROW_IO',
        message: expect.stringMatching(/open it again/),
      })
    })
  })

  it('directory: it is gone', async () => {
    using folder = new TemporaryFolder()
    const path = folder.join('db')
    await withDatabase(
      {},
      async (db) => {
        renameSync(path, folder.join('elsewhere'))
        const health = db.health()
        expect(health.status).toBe('unhealthy')
        expect(health.errors.map(({ code }) => code)).toContain('directory')
        expect(health.errors[0]!.message).toContain(path)
      },
      path,
    )
  })

  it('corruption: a compaction met a damaged table', async () => {
    using folder = new TemporaryFolder()
    const path = folder.join('db')
    await withDatabase(
      { blockCacheSize: 0 },
      async (db) => {
        await makeTables(db, 2)
        const table = join(path, readdirSync(path).find((name) => name.endsWith('.sst'))!)
        const bytes = readFileSync(table)
        bytes[10]! ^= 1
        writeFileSync(table, bytes)
        await expect(db.compact()).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
        const health = db.health()
        expect(health.status).toBe('unhealthy')
        expect(health.errors[0]).toMatchObject({ code: 'corruption', value: 1, threshold: 0 })
        expect(health.errors[0]!.message).toMatch(/\.sst.*burrow verify/)
      },
      path,
    )
  })

  it('no-space while a flush finds none, and not afterwards', async () => {
    const env = native.memoryEnv()
    await withDatabase({ env }, async (db) => {
      await db.put('a', '1')
      env.setCapacity!(1)
      await expect(db.flush()).rejects.toMatchObject({ code: 'BURROW_NO_SPACE' })
      expect(db.health().errors.map(({ code }) => code)).toEqual(['no-space', 'disk-usage'])
      env.setCapacity!(0)
      // Without waiting for the next attempt that it would make by itself; one under way may have met the full disk.
      await db.flush().catch(() => db.flush())
      while (db.health().status !== 'healthy') await sleep(5)
    })
  })

  it.each([
    ['MANIFEST', 'write', 'short'],
    ['.sst', 'write', 'short'],
    ['.wal', 'allocate', 'error'],
  ] as const)(
    'flush() tries again at once when %s found no space, and goes on behind half a record',
    async (file, operation, effect) => {
      const memory = native.memoryEnv()
      const env = native.faultEnv(memory)
      await withDatabase(
        { env },
        async (db) => {
          env.addRule!({ operations: [operation], pathContains: file, effect, errno: 'ENOSPC', repeat: true })
          const refused = { code: 'BURROW_NO_SPACE', message: expect.stringContaining(file) }
          // A log is prepared ahead of need, so that it is missed by the second or third flush only.
          let failures = 0
          for (let i = 0; failures < 3 && i < 10; i++) {
            await db.put('a', `${i}`)
            await db.flush().catch((error) => {
              expect(error).toMatchObject(refused)
              failures++
            })
          }
          expect(failures).toBe(3)
          env.clearRules!()
          await db.put('b', '2')
          // Only an attempt that was under way may still fail: nobody waits for the end of a pause.
          await db.flush().catch(() => db.flush())
          expect(db.health().errors).toEqual([])
          await db.close()
          const again = await Database.open('/db', { env: memory } as DatabaseOptions)
          expect(again.getSync('b')).toBe('2')
          await again.close()
        },
        '/db',
      )
    },
  )

  it('background-error while a task fails; background-errors counts them', async () => {
    const env = native.faultEnv(native.memoryEnv())
    await withDatabase({ env, health: { backgroundErrors: 1 } }, async (db) => {
      const rule = env.addRule!({
        operations: ['create'],
        pathContains: '.sst',
        effect: 'error',
        repeat: true,
      })
      await db.put('a', '1')
      await expect(db.flush()).rejects.toMatchObject({ code: 'BURROW_IO' })
      expect(db.health().warnings).toMatchObject([
        { code: 'background-error', value: 'BURROW_IO' },
        { code: 'background-errors', threshold: 1 },
      ])
      env.removeRule!(rule)
      await db.flush()
      const { status, warnings } = db.health()
      expect({ status, codes: warnings.map(({ code }) => code) }).toEqual({
        status: 'degraded',
        codes: ['background-errors'],
      })
      expect(warnings[0]!.message).toMatch(/failed (once|\d+ times) since open, the last one: /)
    })
  })

  it('disk-usage: a warning above 80 %, an error above 95 %', async () => {
    const env = native.memoryEnv()
    await withDatabase({ env, ...small, health: { freeSpace: null } }, async (db) => {
      await db.put('a', 'x'.repeat(100_000))
      await db.flush()
      // Files grow in the background: a log is being prepared, say.
      const at = (share: number, health: object) =>
        vi.waitFor(() => {
          const used = env.totalSpace('/') - env.freeSpace('/')
          env.setCapacity!(Math.floor(used / share))
          expect(db.health()).toMatchObject(health)
        }, patience)
      await at(0.79, { status: 'healthy' })
      await at(0.81, { status: 'degraded', warnings: [{ code: 'disk-usage', threshold: 0.8 }] })
      await at(0.94, { status: 'degraded' })
      await at(0.96, { status: 'unhealthy', errors: [{ code: 'disk-usage', threshold: 0.95 }] })
      env.setCapacity!(0)
    })
  })

  it('disk-space: less is free than flushes and compactions need', async () => {
    const env = native.memoryEnv()
    const health = { diskUsage: null, diskUsageError: null }
    await withDatabase({ env, memtableSize: 1 << 20, health }, async (db) => {
      const leaving = (free: number, health: object) =>
        vi.waitFor(() => {
          env.setCapacity!(env.totalSpace('/') - env.freeSpace('/') + free)
          expect(db.health()).toMatchObject(health)
        }, patience)
      await leaving(3 << 20, { status: 'healthy' })
      await leaving(1 << 20, { warnings: [{ code: 'disk-space', threshold: 2 << 20, value: 1 << 20 }] })
      env.setCapacity!(0)
    })
  })

  it('l0-tables, compaction-behind and write-slowdown while compaction is paused', async () => {
    const options = { l0CompactionTrigger: 2, l0SlowdownTrigger: 4, l0StopTrigger: 20 }
    await withDatabase({ ...options, health: { pendingCompactionBytes: 1, l0Tables: 3 } }, async (db) => {
      await db.pauseCompaction()
      await makeTables(db, 1)
      expect(codes(db.health())).toEqual([])
      await makeTables(db, 2)
      expect(db.health().warnings).toMatchObject([
        { code: 'l0-tables', value: 3, threshold: 3, message: expect.stringContaining('paused: resume it') },
        { code: 'compaction-behind', threshold: 1 },
      ])
      await makeTables(db, 2)
      expect(codes(db.health())).toContain('write-slowdown')
      await db.resumeCompaction()
      await db.compact()
      expect(codes(db.health())).toEqual([])
    })
  })

  it('memtables and write-stop: flushes do not keep up', async () => {
    const env = native.faultEnv(native.memoryEnv())
    await withDatabase({ env, ...small, maxMemtables: 2 }, async (db) => {
      env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
      const writes = Array.from({ length: 100 }, (_, i) => db.put(`k${i}`, 'x'.repeat(200)).catch(() => {}))
      const health = await until(db, 'memtables')
      expect(health.warnings.find(({ code }) => code === 'memtables')).toMatchObject({
        value: 1,
        threshold: 1,
      })
      env.clearRules!()
      await Promise.all(writes)
    })
  })

  it('write-amplification, once enough was written', async () => {
    await withDatabase({ ...small, health: { writeAmplification: 1 } }, async (db) => {
      await db.put('a', 'x')
      expect(codes(db.health())).toEqual([])
      for (let i = 0; i < 200; i++) await db.put(`k${i}`, 'x'.repeat(1000))
      await db.flush()
      expect(codes(db.health())).toEqual(['write-amplification'])
    })
  })

  it('wal-bytes: the logs are larger than they may be', async () => {
    await withDatabase({ health: { walBytes: 1000 } }, async (db) => {
      for (let i = 0; i < 20; i++) await db.put(`k${i}`, 'x'.repeat(100))
      expect(codes(db.health())).toEqual(['wal-bytes'])
    })
  })

  it('snapshot-age and iterator-age', async () => {
    await withDatabase({ health: { snapshotAgeMs: 0, iteratorAgeMs: 0 } }, async (db) => {
      await db.put('a', '1')
      expect(codes(db.health())).toEqual([])
      const snapshot = db.snapshot()
      const iterator = db.entries()
      expect(codes(db.health())).toEqual(['snapshot-age', 'iterator-age'])
      snapshot.close()
      await iterator.close()
      expect(codes(db.health())).toEqual([])
    })
  })

  it('open-iterators: most of those that may be open', async () => {
    await withDatabase({ maxOpenIterators: 10 }, async (db) => {
      await db.put('a', '1')
      const iterators = Array.from({ length: 7 }, () => db.entries())
      expect(codes(db.health())).toEqual([])
      iterators.push(db.entries())
      expect(db.health().warnings).toMatchObject([{ code: 'open-iterators', value: 8, threshold: 8 }])
      for (const iterator of iterators) await iterator.close()
    })
  })

  it('held-tables: compacted, but an iterator reads them', async () => {
    await withDatabase({ health: { heldTables: 2 } }, async (db) => {
      await makeTables(db, 2)
      const iterator = db.entries()
      await db.compact()
      expect((await until(db, 'held-tables')).warnings).toMatchObject([{ value: 2, threshold: 2 }])
      await iterator.close()
      while (db.health().status !== 'healthy') await sleep(5)
    })
  })

  it('lost-files: open or repair has set something aside; readers see it, too', async () => {
    using folder = new TemporaryFolder()
    const path = folder.join('db')
    await withDatabase(
      {},
      async (db) => {
        mkdirSync(join(path, 'lost'))
        expect(codes(db.health())).toEqual([])
        writeFileSync(join(path, 'lost', '000001.sst'), 'x')
        expect(codes(db.health())).toEqual(['lost-files'])
        await withDatabase(
          { readOnly: true },
          async (reader) => expect(codes(reader.health())).toEqual(['lost-files']),
          path,
        )
      },
      path,
    )
  })

  it('recovery-cut: open cut more than writes in flight explain', async () => {
    using folder = new TemporaryFolder()
    await withDatabase(
      { syncWrites: false },
      async (db) => {
        for (let i = 0; i < 100; i++) db.putSync(`k${i}`, 'x'.repeat(1000))
        copyDirectory(folder.join('db'), folder.join('crashed'))
      },
      folder.join('db'),
    )
    const wals = readdirSync(folder.join('crashed')).filter((name) => name.endsWith('.wal'))
    const log = wals
      .map((name) => folder.join(`crashed/${name}`))
      .find((file) => readFileSync(file).includes('xxxx'))!
    expect(statSync(log).size).toBeGreaterThan(50_000)
    truncateSync(log, 50_000)
    const options = { health: { recoveryBytesCut: 1 }, onEvent: () => {} }
    await withDatabase(
      options,
      async (db) => {
        expect(db.recovery.bytesCut).toBeGreaterThan(0)
        expect(codes(db.health())).toEqual(['recovery-cut'])
      },
      folder.join('crashed'),
    )
  })
})

describe('rules as functions of what was measured', () => {
  async function input(change: (healthy: HealthInput) => Partial<HealthInput>): Promise<string[]> {
    let found: string[] = []
    await withDatabase({}, async (db) => {
      const healthy: HealthInput = {
        stats: db.stats(),
        options: db.options,
        readOnly: false,
        directoryError: null,
        diskBytes: null,
        failure: null,
        trouble: null,
        lastError: null,
        stall: { state: 'none', reason: 'none', delayedBytesPerSecond: null },
        compactionPaused: false,
        heldTables: 0,
        lostFiles: 0,
        recovery: db.recovery,
        backup: null,
      }
      expect(judge(healthy)).toEqual({ status: 'healthy', warnings: [], errors: [] })
      found = codes(judge({ ...healthy, ...change(healthy) }))
    })
    return found
  }

  it('cache-hit-ratio', async () => {
    const block =
      (hits: number, misses: number, filled = 1) =>
      (healthy: HealthInput) => {
        const { capacityBytes } = healthy.stats.cache.block
        const usedBytes = capacityBytes * filled
        const cache = {
          ...healthy.stats.cache.block,
          usedBytes,
          hits,
          misses,
          hitRatio: hits / (hits + misses),
        }
        return { stats: { ...healthy.stats, cache: { ...healthy.stats.cache, block: cache } } }
      }
    expect(await input(block(10, 100))).toEqual([])
    expect(await input(block(1000, 9000))).toEqual(['cache-hit-ratio'])
    expect(await input(block(1000, 9000, 0.4))).toEqual([])
    expect(await input(block(4000, 6000))).toEqual([])
  })

  it('write-stop', async () => {
    const stall = { state: 'stop', reason: 'memtables', delayedBytesPerSecond: 0 } as const
    expect(await input(() => ({ stall }))).toEqual(['write-stop'])
  })

  it('salvaged', async () => {
    const skipped = [{ file: '000001.wal', offset: 10, size: 5, problem: 'bad checksum' }]
    expect(await input(({ recovery }) => ({ recovery: { ...recovery, skipped } }))).toEqual(['salvaged'])
  })

  it('backup-old and backup-failed', async () => {
    const backup = { everyMs: 1000, ageMs: 1999, failure: null }
    expect(await input(() => ({ backup }))).toEqual([])
    expect(await input(() => ({ backup: { ...backup, ageMs: 2000 } }))).toEqual(['backup-old'])
    const failure = new BurrowError('BURROW_IO', 'the disk is gone.')
    expect(await input(() => ({ backup: { ...backup, failure } }))).toEqual(['backup-failed'])
  })
})

it('every code is in docs/operations.md', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const source = read('lib/kv/health-rules.ts') + read('lib/cli/health.ts')
  const codes = [...source.matchAll(/(?:warning\(|error\(|code: )'([a-z0-9-]+)'/g)].map(([, code]) => code!)
  expect(codes.length).toBeGreaterThan(20)
  const documented = read('docs/operations.md')
  expect(
    [...codes, 'write-slowdown', 'write-stop'].filter((code) => !documented.includes(`\`${code}\``)),
  ).toEqual([])
})

describe('the option health', () => {
  it('switches rules off with null or Infinity', async () => {
    const off = Object.fromEntries(describeHealthOptions().map(({ name }) => [name, null]))
    const env = native.memoryEnv()
    await withDatabase({ env, health: off }, async (db) => {
      await db.put('a', 'x'.repeat(10_000))
      env.setCapacity!(env.totalSpace('/') - env.freeSpace('/') + 1)
      const iterator = db.entries()
      expect(db.health()).toEqual({ status: 'healthy', warnings: [], errors: [] })
      await iterator.close()
      env.setCapacity!(0)
      expect(Object.values(db.options.health)).toEqual(describeHealthOptions().map(() => null))
    })
    await withDatabase({ health: { walBytes: Number.POSITIVE_INFINITY } }, async (db) => {
      expect(db.options.health).toMatchObject({ walBytes: null, l0Tables: 20, diskUsage: 0.8 })
    })
  })

  it('moves thresholds along with the options that they depend on', async () => {
    await withDatabase({ l0SlowdownTrigger: 30, maxMemtables: 5 }, async (db) => {
      expect(db.options.health).toMatchObject({
        l0Tables: 30,
        immutableMemtables: 4,
        walBytes: 640 * 2 ** 20,
      })
      expect(Object.isFrozen(db.options.health)).toBe(true)
    })
  })

  it.each([
    [[], 'an object of thresholds'],
    [1, 'an object of thresholds'],
    [null, 'an object of thresholds'],
    [{ diskUsage: 80 }, 'a number from 0 to 1, or null'],
    [{ diskUsage: Number.NaN }, 'a number from 0 to 1'],
    [{ l0Tables: 0 }, 'an integer from 1 up'],
    [{ l0Tables: '5' }, 'an integer from 1 up'],
    [{ diskusage: 0.5 }, "did you mean 'diskUsage'?"],
  ])('refuses %j', async (health, said) => {
    const opening = Database.open(':memory:', { health: health as never })
    await expect(opening).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining(said),
      context: { option: expect.stringMatching(/^health/) },
    })
  })

  it('agrees word for word with the comments of HealthOptions', () => {
    const source = readFileSync(new URL('../../lib/base/health-options.ts', import.meta.url), 'utf8')
    const body = source.slice(
      source.indexOf('interface HealthOptions'),
      source.indexOf('type HealthThreshold'),
    )
    const comments = [...body.matchAll(/\/\*\* (.*) \*\/\s+(\w+)\?:/g)].map(([, doc, name]) => [name, doc])
    expect(comments).toEqual(describeHealthOptions().map(({ doc, name }) => [name, doc]))
  })
})
