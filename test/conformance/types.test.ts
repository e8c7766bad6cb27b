import { describe, expect, expectTypeOf, it } from 'vitest'
import * as burrow from '../../lib/index.ts'
import {
  type AnyEventListener,
  type BatchOperation,
  BurrowError,
  type Bytes,
  type Codec,
  type CompactionStyle,
  type CompactOptions,
  type CompactProgress,
  Database,
  type DatabaseOptions,
  type DatabaseStats,
  type DatabaseStatus,
  describeOptions,
  type Encoding,
  type ErrorCode,
  type ErrorContext,
  type EventListener,
  type EventMap,
  type EventName,
  errorCodes,
  formatStats,
  type Health,
  type HealthIssue,
  isBurrowError,
  type KeyRangeOptions,
  type LevelFile,
  type Logger,
  type OptionDescription,
  type PresetName,
  presets,
  RangeIterator,
  type ReadOptions,
  type RecoveryMode,
  type RecoveryReport,
  type ResolvedOptions,
  type ScanOptions,
  Snapshot,
  WriteBatch,
  type WriteOptions,
} from '../../lib/index.ts'

it('every public name is there', () => {
  expect(Object.keys(burrow).sort()).toEqual([
    'BurrowError',
    'Database',
    'RangeIterator',
    'Snapshot',
    'WriteBatch',
    'describeHealthOptions',
    'describeOptions',
    'errorCodes',
    'exportJsonLines',
    'formatStats',
    'importJsonLines',
    'isBurrowError',
    'presets',
  ])
  expect(Object.keys(presets)).toEqual(
    expect.arrayContaining(
      'default writeHeavy readHeavy balanced ssd hdd highMemory memoryOptimized durability bulkLoad'.split(
        ' ',
      ),
    ),
  )
  expect([...errorCodes].sort()).toEqual(
    `BURROW_IO BURROW_CORRUPTION BURROW_LOCKED BURROW_CLOSED BURROW_READ_ONLY BURROW_INVALID_ARGUMENT BURROW_NOT_FOUND
     BURROW_EXISTS BURROW_NO_SPACE BURROW_BUSY BURROW_CONFLICT BURROW_TIMEOUT BURROW_ABORTED BURROW_ENCRYPTION
     BURROW_UNSUPPORTED BURROW_INTERNAL`
      .split(/\s+/)
      .sort(),
  )
})

describe('types', () => {
  it('follow the encodings of the database and of the call', async () => {
    const text = await Database.open(':memory:')
    expectTypeOf(text).toEqualTypeOf<Database<string, string>>()
    expectTypeOf(text.getSync('k')).toEqualTypeOf<string | undefined>()
    expectTypeOf(text.get('k')).toEqualTypeOf<Promise<string | undefined>>()
    expectTypeOf(text.getSync('k', { valueEncoding: 'buffer' })).toEqualTypeOf<Buffer | undefined>()
    expectTypeOf(text.getManySync(['k', new Uint8Array(1)])).toEqualTypeOf<(string | undefined)[]>()
    expectTypeOf(text.entries({ keyEncoding: 'buffer' }).nextSync()).toEqualTypeOf<[Buffer, string][]>()
    expectTypeOf(text.keys().all()).toEqualTypeOf<Promise<string[]>>()
    const bytes = await Database.open(':memory:', { keyEncoding: 'buffer', valueEncoding: 'json' })
    expectTypeOf(bytes).toEqualTypeOf<Database<Buffer, unknown>>()
    expectTypeOf(bytes.values({ valueEncoding: 'utf8' }).nextSync()).toEqualTypeOf<string[]>()
    using snapshot = text.snapshot()
    expectTypeOf(snapshot).toEqualTypeOf<Snapshot<string, string>>()
    expectTypeOf(text.getSync('k', { snapshot, valueEncoding: 'buffer' })).toEqualTypeOf<Buffer | undefined>()
    // @ts-expect-error a number is no key
    expect(() => text.getSync(5)).toThrow(BurrowError)
    // @ts-expect-error there is no such option
    await expect(Database.open(':memory:', { blocksize: 4096 })).rejects.toThrow("did you mean 'blockSize'?")
    await bytes.close()
    await text.close()
  })

  it('of every public name are usable', async () => {
    const encoding: Encoding = 'utf8'
    const codec: Codec = 'lz4'
    const style: CompactionStyle = 'leveled'
    const mode: RecoveryMode = 'strict'
    const preset: PresetName = 'readHeavy'
    const seen: EventName[] = []
    const onAny: AnyEventListener = (name) => seen.push(name)
    const ignore = () => {}
    const logger: Logger = { trace: ignore, debug: ignore, info: ignore, warn: ignore, error: ignore }
    const options: DatabaseOptions = {
      ...presets[preset],
      memtableSize: 1 << 20,
      compression: [codec, 'none'],
      compactionStyle: style,
      recovery: mode,
      keyEncoding: encoding,
      logger,
      onEvent: onAny,
    }
    await using db = await Database.open(':memory:', options)
    const resolved: ResolvedOptions = db.options
    expect(resolved.compression).toEqual(['lz4', 'none', 'none', 'none', 'none', 'none', 'none'])
    const status: DatabaseStatus = db.status
    expect([status, db.path]).toEqual(['open', ':memory:'])
    const report: RecoveryReport = db.recovery
    expect(report).toMatchObject({ created: true, walsReplayed: 0, records: 0, bytesCut: 0, filesMoved: [] })
    const key: Bytes = Buffer.from('k')
    const write: WriteOptions = { sync: true }
    await db.put(key, 'v', write)
    const operations: BatchOperation<Bytes, Bytes>[] = [
      { type: 'put', key: 'a', value: 'b' },
      { type: 'delete', key: 'c' },
    ]
    await db.batch(operations)
    const batch: WriteBatch = db.writeBatch().put('x', 'y').delete('z').deleteRange({ gte: 'm', lt: 'n' })
    expect(batch).toBeInstanceOf(WriteBatch)
    await batch.commit()
    const read: ReadOptions = { valueEncoding: 'utf8' }
    expect(await db.get('k', read)).toBe('v')
    const range: ScanOptions = { gte: 'a', reverse: true, limit: 1 }
    const iterator = db.entries(range)
    expect(iterator).toBeInstanceOf(RangeIterator)
    expect(await iterator.all()).toEqual([['x', 'y']])
    expect(db.snapshot()).toBeInstanceOf(Snapshot)
    const progress: CompactProgress[] = []
    const compact: CompactOptions = {
      onProgress: (state) => progress.push(state),
      signal: AbortSignal.timeout(60_000),
    }
    const keyRange: KeyRangeOptions = { gte: 'a' }
    const flushes: EventMap['flush'][] = []
    const onFlush: EventListener<'flush'> = (event) => flushes.push(event)
    db.on('flush', onFlush)
    await db.compact(keyRange, compact)
    const levels: { level: number; files: LevelFile[] }[] = db.levels()
    expect(levels.flatMap(({ files }) => files).length).toBe(1)
    const stats: DatabaseStats = db.stats()
    expect(JSON.parse(JSON.stringify(stats))).toEqual(stats)
    expect(formatStats(stats)).toContain('cache')
    const health: Health = db.health()
    const issues: readonly HealthIssue[] = health.warnings
    expect([health.status, issues]).toEqual(['healthy', []])
    const descriptions: OptionDescription[] = describeOptions()
    expect(descriptions.map(({ name }) => name)).toEqual(
      expect.arrayContaining(
        `createIfMissing errorIfExists readOnly recovery memtableSize maxMemtables syncWrites compression
         compressionLevel blockSize bloomBitsPerKey targetFileSize maxOpenFiles blockCacheSize compactionStyle
         l0CompactionTrigger levelSizeMultiplier maxBackgroundJobs compactionBytesPerSecond keyEncoding valueEncoding
         statistics logger`.split(/\s+/),
      ),
    )
    const error: unknown = await db.get('').catch((reason: unknown) => reason)
    if (!isBurrowError(error)) throw error
    const code: ErrorCode = error.code
    const context: ErrorContext = error.context
    expect([code, error.retryable, typeof context]).toEqual(['BURROW_INVALID_ARGUMENT', false, 'object'])
    await new Promise((resolve) => setImmediate(resolve))
    expect(flushes.map(({ phase }) => phase)).toEqual(['begin', 'end'])
    expect(seen).toContain('flush')
  })
})

it('statistics have every field that their users rely on', async () => {
  const db = await Database.open(':memory:')
  await db.put('k', 'v')
  await db.get('k')
  await db.flush()
  const stats = db.stats() as unknown as Record<string, Record<string, unknown>>
  const latency = 'p50 p90 p99 p999 max mean'
  const need = (object: unknown, names: string) => {
    expect(Object.keys(object as object)).toEqual(expect.arrayContaining(names.split(' ')))
  }
  need(
    stats,
    'uptimeMs ops cache bloom memtables wal levels flush compaction amplification stalls memory disk snapshots iterators errors',
  )
  need(stats['ops'], 'get getMany put delete batch deleteRange scan next sync commit')
  for (const op of Object.values(stats['ops']!)) {
    need(op, 'count errors bytesIn bytesOut latency')
    need((op as { latency: object }).latency, latency)
  }
  need(stats['cache'], 'block index filter table')
  for (const cache of Object.values(stats['cache']!)) {
    need(cache, 'capacityBytes usedBytes hits misses hitRatio evictions pinnedBytes')
  }
  need(stats['bloom'], 'checks useful falsePositives')
  need(stats['memtables'], 'active immutable bytes entries')
  need(stats['wal'], 'files bytes syncs syncLatency groupSize')
  need(
    (stats['levels'] as unknown as object[])[0],
    'level files bytes sortedRuns score readBytes writtenBytes compactions',
  )
  need(stats['flush'], 'count bytes latency')
  need(
    stats['compaction'],
    'count running bytesRead bytesWritten recordsDropped tombstonesDropped pendingBytes byReason',
  )
  need(stats['amplification'], 'write read space')
  need(stats['stalls'], 'count totalMs byReason')
  need(stats['memory'], 'totalBytes byOwner')
  need(stats['disk'], 'bytes byKind freeBytes')
  need(stats['snapshots'], 'live oldestMs')
  need(stats['iterators'], 'live oldestMs')
  need(stats['errors'], 'byCode')
  expect(stats['ops']!['put']).toMatchObject({ count: 1, errors: 0 })
  expect(stats['ops']!['get']).toMatchObject({ count: 1, errors: 0 })
  const file = db.levels()[0]!.files[0]!
  need(file, 'number bytes smallest largest entries tombstones createdAt codec')
  await db.close()
})
