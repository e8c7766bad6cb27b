import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import {
  GATE_OPEN,
  GATE_SLOW,
  GATE_STOPPED,
  type NativeEngine,
  native,
  READ_ABSENT,
  READ_NOT_CACHED,
  SCAN_ASCII_KEYS,
  SCAN_ASCII_VALUES,
  SCAN_DONE,
  SCAN_HEADER,
  WRITE_DONE,
  WRITE_FORCE,
  WRITE_MEMTABLE_FULL,
  WRITE_NO_WAIT,
  WRITE_NO_WAL,
  WRITE_PUMP,
  WRITE_STOPPED,
  WRITE_SYNC,
} from '../../lib/native.ts'
import { completionsOf, configFor, flush, format, openScan, rotate, run, startEngine } from './open-engine.ts'

const bytes = (text: string) => Buffer.from(text)
const slab = Buffer.alloc(4096)
const memory = slab.buffer as ArrayBuffer

const opened: NativeEngine[] = []
function engineOf(...args: Parameters<typeof startEngine>): NativeEngine {
  const engine = startEngine(...args)
  opened.push(engine)
  return engine
}
afterEach(() => {
  for (const engine of opened.splice(0)) engine.close()
})

function packKeys(...keys: string[]): Buffer {
  return Buffer.concat(
    keys.map((key) => {
      const head = Buffer.alloc(2)
      head.writeUInt16LE(Buffer.byteLength(key))
      return Buffer.concat([head, bytes(key)])
    }),
  )
}

function unpackValues(packed: Buffer | null): (string | undefined)[] {
  const values: (string | undefined)[] = []
  for (let p = 0; packed !== null && p < packed.length; ) {
    const length = packed.readInt32LE(p)
    p += 4
    values.push(length < 0 ? undefined : packed.toString('utf8', p, p + length))
    p += Math.max(length, 0)
  }
  return values
}

/** Keys from the front, values from the end: native/engine/scan.h. */
function unpackRecords(packed: Buffer, count: number): [string, string][] {
  const records: [string, string][] = []
  let end = packed.length
  for (let p = 0; records.length < count; ) {
    const key = p + 8
    const value = end - packed.readUInt32LE(p + 4)
    p = key + packed.readUInt32LE(p)
    records.push([packed.toString('utf8', key, p), packed.toString('utf8', value, end)])
    end = value
  }
  return records
}

/** One record as in docs/formats.md "Write batch". */
function record(kind: number, key: string, value: string): Buffer {
  const head = Buffer.alloc(7)
  head.writeUInt8(kind)
  head.writeUInt16LE(key.length, 1)
  head.writeUInt32LE(value.length, 3)
  return Buffer.concat([head, bytes(key), bytes(value)])
}

const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
const closed = expect.objectContaining({ code: 'BURROW_CLOSED' })
function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}

describe('the addon', () => {
  it('says its version, codecs and checksum', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(native.version).toBe(manifest.version)
    expect(native.codecs).toContain('none')
    expect(native.crc32cImplementation).toMatch(/\w/)
    expect(native.crc32c(bytes('123456789'))).toBe(0xe3069283)
    expect(native.randomDatabaseId()).toMatch(/^[0-9a-f]{32}$/)
    expect(native.randomDatabaseId()).not.toBe(native.randomDatabaseId())
  })

  it('refuses arguments of other types', () => {
    const calls: (() => unknown)[] = [
      () => native.crc32c('text' as never),
      () => native.openEngine({} as never, configFor('/db')),
      () => native.openEngine(native.memoryEnv(), {} as never),
      () => native.openEngine(native.memoryEnv(), { ...configFor('/db'), databaseId: 'short' }),
      () => native.openEngine(native.memoryEnv(), { ...configFor('/db'), memtableSize: 1.5 }),
      () => native.openEngine(native.memoryEnv(), { ...configFor('/db'), jobThreads: -1 }),
      () => native.faultEnv(native as never),
      () => native.setErrorFactory(1 as never),
      () => native.readLog(native.memoryEnv(), '/x', 'other' as never, 1),
      () => native.dumpTable({} as never, '/x', 1, 1),
    ]
    for (const call of calls) expect(thrownBy(call)).toEqual(invalid)
  })
})

describe('a file system', () => {
  it.each(['posix', 'memory', 'fault'] as const)('%s does what it says', (kind) => {
    const directory = `/tmp/burrow-binding-${process.pid}`
    const env =
      kind === 'posix'
        ? native.posixEnv()
        : kind === 'memory'
          ? native.memoryEnv()
          : native.faultEnv(native.memoryEnv())
    expect(env.kind).toBe(kind)
    env.createDirs(`${directory}/a/b`)
    expect(env.exists(`${directory}/nothing`)).toBe(false)
    expect(env.isDirectory(`${directory}/a`)).toBe(true)
    expect(env.list(directory)).toEqual(['a'])
    const lock = env.lock(`${directory}/LOCK`)
    expect(thrownBy(() => env.lock(`${directory}/LOCK`))).toEqual(
      expect.objectContaining({
        code: 'BURROW_LOCKED',
        context: expect.objectContaining({ holderPid: process.pid }),
      }),
    )
    lock.release()
    lock.release()
    env.lock(`${directory}/LOCK`).release()
    env.rename(`${directory}/LOCK`, `${directory}/other`)
    env.syncDir(directory)
    expect(env.fileSize(`${directory}/other`)).toBe(env.readFile(`${directory}/other`, 100).length)
    expect(env.freeSpace(directory)).toBeGreaterThan(0)
    expect(env.totalSpace(directory)).toBeGreaterThanOrEqual(env.freeSpace(directory))
    env.remove(`${directory}/other`)
    expect(thrownBy(() => env.remove(`${directory}/other`))).toMatchObject({ context: { errno: 2 } })
    for (const path of ['/a/b', '/a', '']) env.removeDir(directory + path)
    expect(thrownBy(() => env.list(1 as never))).toEqual(invalid)
    expect(thrownBy(() => env.list.call({} as never, '/'))).toBeInstanceOf(Error)
    const other = new (env.constructor as new () => typeof env)()
    expect(thrownBy(() => other.list('/'))).toEqual(invalid)
  })

  it('memory crashes and fills up', () => {
    const env = native.memoryEnv()
    const engine = engineOf(env)
    env.syncDir('/')
    engine.putSS('kept', '1', WRITE_SYNC)
    engine.putSS('written', '2', 0)
    const power = env.crashClone?.('power', 7)
    const kill = env.crashClone?.('kill', 7)
    expect(power?.kind).toBe('memory')
    expect(kill && native.readLog(kill, '/db/000001.wal', 'wal', 1).records.length).toBe(2)
    expect(power && native.readLog(power, '/db/000001.wal', 'wal', 1).records.length).toBeGreaterThanOrEqual(
      1,
    )
    env.setCapacity?.(1)
    expect(env.freeSpace('/')).toBe(0)
    env.setCapacity?.(0)
    expect(env.freeSpace('/')).toBeGreaterThan(0)
    expect(thrownBy(() => env.crashClone?.('other' as never, 1))).toEqual(invalid)
  })

  it('fault fails by rules and counts', () => {
    const env = native.faultEnv(native.memoryEnv())
    env.setTrace?.(true)
    const id = env.addRule?.({ operations: ['mkdir'], pathContains: 'x', effect: 'error', errno: 'ENOSPC' })
    expect(thrownBy(() => env.createDirs('/x'))).toMatchObject({ code: 'BURROW_NO_SPACE' })
    env.createDirs('/x')
    expect(env.trace?.()).toEqual(['mkdir x !', 'mkdir x'])
    expect(env.operations?.()).toMatchObject({ total: 2, byKind: { mkdir: 2, sync: 0 } })
    env.removeRule?.(id as number)
    env.addRule?.({ effect: 'error', repeat: true })
    expect(thrownBy(() => env.list('/'))).toMatchObject({ code: 'BURROW_IO' })
    env.clearRules?.()
    expect(env.list('/')).toEqual(['x'])
    for (const rule of [
      {},
      { effect: 'other' },
      { effect: 'error', after: 0 },
      { effect: 'error', operations: ['fly'] },
    ]) {
      expect(thrownBy(() => env.addRule?.(rule as never))).toEqual(invalid)
    }
  })
})

describe('writes', () => {
  it('take keys and values in either form', () => {
    const engine = engineOf()
    expect(engine.putSS('ss', 'é', 0)).toBe(WRITE_DONE)
    expect(engine.putSB('sb', bytes('2'), WRITE_SYNC)).toBe(WRITE_DONE)
    expect(engine.putBS(bytes('bs'), '3', WRITE_NO_WAL)).toBe(WRITE_DONE)
    expect(engine.putBB(new Uint8Array([98, 98]), new Uint8Array(), WRITE_NO_WAIT)).toBe(WRITE_DONE)
    expect(['ss', 'sb', 'bs', 'bb'].map((key) => engine.getStringS(key))).toEqual(['é', '2', '3', ''])
    expect(engine.deleteS('ss', 0)).toBe(WRITE_DONE)
    expect(engine.deleteB(bytes('sb'), 0)).toBe(WRITE_DONE)
    expect(['ss', 'sb'].map((key) => engine.hasS(key))).toEqual([false, false])
    const batch = Buffer.concat([record(1, 'x1', 'a'), record(1, 'x2', 'b'), record(0, 'bs', '')])
    expect(engine.writeBatch(batch, batch.length, 3, 0)).toBe(WRITE_DONE)
    const range = record(2, 'x1', 'x2')
    expect(engine.writeBatch(range, range.length, 1, 0)).toBe(WRITE_DONE)
    expect(['x1', 'x2', 'bs'].map((key) => engine.getStringS(key))).toEqual([undefined, 'b', undefined])
    const { ops } = engine.stats()
    expect(ops.put).toMatchObject({ count: 4, errors: 0, bytesIn: 2 * 4 + 2 + 1 + 1 })
    expect([ops.delete.count, ops.batch.count, ops.deleteRange.count, ops.commit.count]).toEqual([2, 1, 1, 1])
  })

  it('are acknowledged in order', () => {
    const engine = engineOf()
    for (let i = 0; i < 10; i++) engine.putSS(`key${i}`, 'value', WRITE_NO_WAIT)
    expect(engine.submitted()).toBe(10)
    engine.writePending()
    expect(engine.acknowledged()).toBe(10)
    const index = engine.syncWalAsync()
    while (engine.acknowledged() < index) expect(engine.waitProgress(10_000)).toBe(true)
    engine.syncWal()
    expect(engine.poison()).toBeUndefined()
    expect(engine.stats().ops.sync.count).toBe(2)
  })

  it('stop at the gate, at a full memtable, and point out completions', () => {
    const engine = engineOf(undefined, undefined, { memtableSize: 1 << 16 })
    engine.setGate(GATE_STOPPED, 0)
    expect(engine.putSS('a', '1', 0)).toBe(WRITE_STOPPED)
    expect(engine.putSS('a', '1', WRITE_FORCE)).toBe(WRITE_DONE)
    engine.setGate(GATE_SLOW, 1 << 20)
    engine.putSS('a', 'x'.repeat(1000), WRITE_NO_WAIT)
    expect(engine.takeDelay()).toBeGreaterThan(0)
    expect(engine.takeDelay()).toBe(0)
    engine.setGate(GATE_OPEN, 0)
    engine.putBB(bytes('large'), Buffer.alloc(1 << 17), WRITE_FORCE)
    expect(engine.putSS('b', '1', 0)).toBe(WRITE_MEMTABLE_FULL)
    engine.submit({ id: 5, type: 'deleteFiles', files: [] })
    let written = WRITE_DONE
    while (written === WRITE_DONE) {
      engine.waitProgress(10_000)
      written = engine.putSS('b', '1', WRITE_FORCE)
    }
    expect(written).toBe(WRITE_DONE | WRITE_PUMP)
    expect(completionsOf(engine, 1)).toMatchObject([{ id: 5, type: 'deleteFiles' }])
    expect(thrownBy(() => engine.setGate(3, 0))).toEqual(invalid)
  })

  it('refuse bad keys, values, batches and flags', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.putSS('', 'v', 0),
      () => engine.putBB(new Uint8Array(), bytes('v'), 0),
      () => engine.putSS('k'.repeat(65_536), 'v', 0),
      () => engine.putSS('é'.repeat(32_768), 'v', 0),
      () => engine.putBB(Buffer.alloc(65_536), bytes('v'), 0),
      () => engine.putSS(1 as never, 'v', 0),
      () => engine.putSS('k', undefined as never, 0),
      () => engine.putSB('k', 'v' as never, 0),
      () => engine.putSB('k', new Float64Array(1) as never, 0),
      () => engine.putBS('k' as never, 'v', 0),
      () => engine.putSS('k', 'v', 'x' as never),
      () => (engine.putSS as unknown as () => void)(),
      () => engine.deleteS('', 0),
      () => engine.writeBatch(bytes('junk!'), 6, 1, 0),
      () => engine.writeBatch(record(1, 'k', 'v'), 9, 2, 0),
      () => engine.writeBatch(record(1, 'k', 'v'), -1, 1, 0),
    ]
    for (const call of calls) expect(thrownBy(call)).toEqual(invalid)
    expect(thrownBy(() => engine.writeBatch(record(1, 'k', 'v'), 8, 1, 0))).toMatchObject({
      name: 'BurrowError',
    })
    expect(engine.putSS('k'.repeat(65_535), 'v', 0)).toBe(WRITE_DONE)
    expect(engine.getStringS('k'.repeat(65_535))).toBe('v')
    expect(engine.stats().memtables.active.entries).toBe(1)
  })

  it('keep strings of every length, and replace lone surrogates', () => {
    const engine = engineOf()
    for (const length of [1, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 5000]) {
      for (const letter of ['a', 'é', '€', '😀']) {
        const text = letter.repeat(length)
        const key = `k${letter}${text.slice(0, 2000)}`
        engine.putSS(key, text, 0)
        expect(engine.getStringS(key)).toBe(text)
        expect(engine.getStringB(bytes(key))).toBe(text)
      }
    }
    engine.putSS('lone', 'a\ud800b', 0)
    expect(engine.getStringS('lone')).toBe('a\ufffdb')
  })

  it('a detached array is empty, a shared one is read', () => {
    const engine = engineOf()
    const detached = new Uint8Array([1, 2, 3])
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(thrownBy(() => engine.putBB(detached, bytes('v'), 0))).toEqual(invalid)
    engine.putSB('detached', detached, 0)
    expect(engine.getStringS('detached')).toBe('')
    const shared = new Uint8Array(new SharedArrayBuffer(2)).fill(65)
    engine.putBB(shared, shared, 0)
    expect(engine.getStringS('AA')).toBe('AA')
    expect(engine.getBytesS('AA', detached.buffer as ArrayBuffer, 0)).toBe(-4)
  })

  it('fail together once the log has failed', () => {
    const env = native.faultEnv(native.memoryEnv())
    const engine = engineOf(env)
    engine.putSS('a', '1', WRITE_SYNC)
    env.addRule?.({ operations: ['sync'], effect: 'error' })
    expect(thrownBy(() => engine.putSS('b', '1', WRITE_SYNC))).toMatchObject({ code: 'BURROW_IO' })
    expect(thrownBy(() => engine.putSS('c', '1', 0))).toMatchObject({ code: 'BURROW_READ_ONLY' })
    expect(engine.poison()).toMatchObject({ code: 1, errno: 5 })
    expect(engine.getStringS('a')).toBe('1')
    expect(engine.getStringS('b')).toBeUndefined()
    expect(engine.stats().ops.put.errors).toBe(2)
  })
})

describe('reads', () => {
  it('find values in memory and on disk', () => {
    const engine = engineOf()
    engine.putSS('a', 'old', 0)
    engine.putSS('disk', 'value', 0)
    const before = engine.visibleSequence()
    flush(engine)
    engine.putSS('a', 'new', 0)
    expect(engine.tryGetStringS('disk')).toBeNull()
    expect(engine.tryGetStringB(bytes('disk'))).toBeNull()
    expect(engine.tryGetBytesS('disk', memory, 0)).toBe(READ_NOT_CACHED)
    expect(engine.tryGetBytesB(bytes('disk'), memory, 0)).toBe(READ_NOT_CACHED)
    expect(engine.tryGetMany(packKeys('disk'), 6, 1)).toBeNull()
    expect(engine.tryGetStringS('a')).toBe('new')
    expect(engine.getStringS('a', before)).toBe('old')
    expect(engine.getStringB(bytes('a'), undefined)).toBe('new')
    expect(engine.tryGetStringB(bytes('a'))).toBe('new')
    expect(engine.getStringS('disk')).toBe('value')
    expect(engine.getBytesS('a', memory, 10)).toBe(3)
    expect(slab.toString('utf8', 10, 13)).toBe('new')
    expect(engine.getBytesB(bytes('a'), memory, 0, before)).toBe(3)
    expect(engine.getBytesS('nothing', memory, 0)).toBe(READ_ABSENT)
    expect([engine.hasS('a'), engine.hasB(bytes('a')), engine.hasB(bytes('nothing'))]).toEqual([
      true,
      true,
      false,
    ])
    const keys = packKeys('a', 'nothing', 'disk')
    expect(unpackValues(engine.getMany(keys, keys.length, 3))).toEqual(['new', undefined, 'value'])
    expect(unpackValues(engine.tryGetMany(keys, keys.length, 3, before))).toEqual(['old', undefined, 'value'])
    expect(engine.approximateSize(undefined, undefined)).toBeGreaterThan(0)
    expect(engine.approximateSize(bytes('x'), bytes('y'))).toBe(0)
    expect(engine.stats().diskReads.blocks).toBeGreaterThan(0)
  })

  it('keep a value that was too large until it is taken', () => {
    const engine = engineOf()
    const value = 'v'.repeat(5000)
    engine.putSS('large', value, 0)
    expect(engine.getBytesS('large', memory, 0)).toBe(-5002)
    flush(engine)
    engine.putSS('other', 'x', 0)
    const into = Buffer.alloc(5000)
    expect(thrownBy(() => engine.takePinned(Buffer.alloc(10)))).toEqual(invalid)
    engine.takePinned(into)
    expect(into.toString()).toBe(value)
    expect(thrownBy(() => engine.takePinned(into))).toEqual(invalid)
    expect(engine.getBytesS('large', memory, 4096)).toBe(-5002)
    expect(thrownBy(() => engine.getBytesS('large', memory, 4097))).toEqual(invalid)
  })

  it('answer from disk threads', () => {
    const engine = engineOf()
    engine.putSS('a', '1', 0)
    flush(engine)
    engine.submitGet(1, 'a')
    engine.putSS('a', '2', 0)
    engine.submitGet(2, bytes('a'))
    engine.submitGet(3, 'nothing', 1)
    const keys = packKeys('a', 'b')
    engine.submitGetMany(4, keys, keys.length, 2)
    keys.fill(0)
    const answers: ReturnType<NativeEngine['takeReads']> = []
    while (answers.length < 4) {
      engine.waitProgress(10_000)
      answers.push(...engine.takeReads())
    }
    answers.sort((a, b) => a.request - b.request)
    expect(answers.slice(0, 3).map((answer) => answer.bytes?.toString())).toEqual(['1', '2', undefined])
    expect(unpackValues(answers[3]?.bytes ?? null)).toEqual(['2', undefined])
  })

  it('refuse what is malformed', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.getStringS(''),
      () => engine.getStringS('a', -1),
      () => engine.getStringS('a', 1.5),
      () => engine.getStringS('a', 2 ** 53),
      () => engine.getBytesS('a', 'x' as never, 0),
      () => engine.getBytesS('a', memory, -1),
      () => engine.getMany(packKeys('a'), 3, 2),
      () => engine.getMany(packKeys('a'), 2, 1),
      () => engine.getMany(packKeys('a', 'b'), 6, 1),
      () => engine.getMany(Buffer.from([0, 0]), 2, 1),
      () => engine.submitGet(1, ''),
      () => engine.submitGet(1, 1 as never),
      () => engine.submitGetMany(1, packKeys('a'), 3, 5),
      () => engine.openScan(undefined as never, undefined, undefined, 1, 0),
      () => engine.openScan(16, undefined, undefined, 1, 0),
      () => engine.openScan(0, 'a' as never, undefined, 1, 0),
      () => engine.openScan(0, undefined, undefined, -1, 0),
      () => engine.openScan(0, undefined, undefined, 1, 0, -1),
      () => engine.fillScan('1' as never, slab, 1),
      () => engine.closeScan({} as never),
      () => engine.removeSnapshot(99),
      () => engine.waitProgress('x' as never),
      () => engine.submit(undefined as never),
      () => engine.submit({ id: 1, type: 'fly' } as never),
      () => engine.submit({ id: 1, type: 'flush' } as never),
      () => engine.submit({ id: 1, type: 'flush', memtables: [77], targetFileSize: 0, format }),
      () =>
        engine.submit({
          id: 1,
          type: 'flush',
          memtables: [1],
          targetFileSize: 0,
          format: { ...format, codec: 'no' },
        }),
      () => engine.submit({ id: 1, type: 'moveToLost', names: ['../etc'] }),
      () => engine.submit({ id: 1, type: 'deleteFiles', files: [{ kind: 'current' as never, number: 1 }] }),
      () => engine.install({} as never),
      () => engine.start(0, 1),
    ]
    for (const call of calls) expect(thrownBy(call), call.toString()).toEqual(invalid)
    const getter = Object.defineProperty({}, 'id', {
      get() {
        throw new RangeError('mine')
      },
    })
    expect(thrownBy(() => engine.submit(getter as never))).toBeInstanceOf(RangeError)
  })
})

describe('scans', () => {
  it('fill buffers forward and backward, count and seek', () => {
    const engine = engineOf()
    for (let i = 0; i < 10; i++) engine.putSS(`k${i}`, `v${i}`, 0)
    const buffer = Buffer.alloc(SCAN_HEADER + 12 * 4)
    const scan = openScan(engine, { lower: bytes('k2'), upper: bytes('k9') })
    expect(scan.fill(buffer, 100)).toBe(4)
    const ascii = SCAN_ASCII_KEYS | SCAN_ASCII_VALUES
    expect([buffer.readUInt32LE(0), buffer.readUInt32LE(4), buffer.readUInt32LE(8)]).toEqual([40, 8, ascii])
    expect(unpackRecords(buffer.subarray(SCAN_HEADER), 4)[0]).toEqual(['k2', 'v2'])
    expect(scan.fill(buffer, 100)).toBe(3)
    expect(buffer.readUInt32LE(8)).toBe(ascii | SCAN_DONE)
    scan.seek('k7')
    expect(scan.count(1)).toBe(1)
    expect(scan.count(100)).toBe(1)
    const reverse = openScan(engine, { reverse: true, limit: 2, values: false })
    expect(reverse.fill(buffer, 100)).toBe(2)
    expect(unpackRecords(buffer.subarray(SCAN_HEADER), 2)).toEqual([
      ['k9', ''],
      ['k8', ''],
    ])
    scan.seek(bytes('k2'))
    expect(scan.fill(Buffer.alloc(SCAN_HEADER + 5), 10)).toBe(0)
    expect(engine.stats().scans).toBe(2)
    scan.close()
    scan.close()
    reverse.close()
    expect(engine.stats().scans).toBe(0)
    expect(thrownBy(() => scan.fill(buffer, 1))).toEqual(closed)
  })

  it('say how much room a large record needs', () => {
    const engine = engineOf()
    engine.putSS('k', 'v'.repeat(1000), 0)
    const scan = openScan(engine)
    expect(scan.fill(slab.subarray(0, 100), 10)).toBe(0)
    expect(slab.readUInt32LE(12)).toBe(8 + 1 + 1000)
    expect(scan.fill(slab, 10)).toBe(1)
    expect(thrownBy(() => scan.fill(slab.subarray(0, 15), 10))).toEqual(invalid)
    expect(thrownBy(() => scan.seek(1 as never))).toEqual(invalid)
    scan.seek('')
    expect(scan.count(10)).toBe(1)
  })

  it('are bounded in number', () => {
    const engine = engineOf()
    const scans = Array.from({ length: 4 }, () => openScan(engine))
    expect(thrownBy(() => openScan(engine))).toMatchObject({ code: 'BURROW_BUSY' })
    scans[0]?.close()
    openScan(engine)
  })

  it('fill on a disk thread, one call at a time', () => {
    const engine = engineOf()
    engine.putSS('a', 'é'.repeat(50), 0)
    engine.putSS('b', '2', 0)
    flush(engine)
    const scan = openScan(engine)
    const answer = () => {
      for (;;) {
        const [first] = engine.takeReads()
        if (first !== undefined) return first
        engine.waitProgress(10_000)
      }
    }
    scan.fillAsync(1, 100, 10)
    expect(thrownBy(() => scan.fill(slab, 1))).toMatchObject({ code: 'BURROW_BUSY' })
    const first = answer()
    expect(first).toMatchObject({ request: 1, records: 1, done: false, asciiKeys: true, asciiValues: false })
    expect(unpackRecords(first.bytes as Buffer, 1)).toEqual([['a', 'é'.repeat(50)]])
    scan.fillAsync(2, 100, 1000)
    scan.close()
    expect(engine.stats().scans).toBe(1)
    expect(answer()).toMatchObject({ request: 2, records: 1, done: true, asciiValues: true })
    expect(engine.stats().scans).toBe(0)
    expect(thrownBy(() => scan.count(1))).toEqual(closed)
  })
})

describe('jobs and structure', () => {
  it('flush, compact, install, release and delete', () => {
    const env = native.memoryEnv()
    const engine = engineOf(env)
    for (let i = 0; i < 100; i++) engine.putSS(`k${i}`, 'old', 0)
    const first = flush(engine)
    const snapshot = engine.addSnapshot()
    for (let i = 0; i < 50; i++) engine.putSS(`k${i}`, 'new', 0)
    const second = flush(engine)
    const compact = () =>
      run(engine, {
        type: 'compact',
        priority: 'compaction',
        inputs: [{ level: 0, tables: [first, second] }],
        outputLevel: 1,
        targetFileSize: 1 << 20,
        maxGrandparentOverlap: 0,
        format,
      })
    expect(compact()).toMatchObject({ recordsIn: 150, recordsDropped: 0, tombstonesDropped: 0 })
    expect(engine.stats().snapshots).toBe(1)
    engine.removeSnapshot(snapshot)
    const completion = compact()
    expect(completion).toMatchObject({ type: 'compact', recordsIn: 150, recordsDropped: 50 })
    const table = completion.outputs?.[0]?.table
    if (table === undefined) throw new Error('no output')
    expect(table).toMatchObject({ entries: 100, tombstones: 0, codec: 'lz4', largestExclusive: false })
    expect([table.smallest.toString(), table.largest.toString()]).toEqual(['k0', 'k99'])
    const scan = openScan(engine)
    const dropped = [first, second].map((number) => ({ level: 0, number }))
    expect(
      thrownBy(() => engine.install({ added: [], dropped: [{ level: 0, number: 99 }], dropMemtables: 0 })),
    ).toMatchObject({ code: 'BURROW_INTERNAL' })
    engine.install({ added: [{ ...table, level: 1 }], dropped, dropMemtables: 0 })
    expect(engine.takeReleased()).toEqual([])
    scan.close()
    expect(engine.takeReleased().sort()).toEqual([first, second].sort())
    run(engine, {
      type: 'deleteFiles',
      files: [first, second].map((number) => ({ kind: 'table' as const, number })),
    })
    expect(env.list('/db').filter((name) => name.endsWith('.sst')).length).toBe(2)
    expect(engine.getStringS('k1')).toBe('new')
    const name = `/db/${String(table.number).padStart(6, '0')}.sst`
    const dump = native.dumpTable(env, name, table.number, 2)
    expect(dump.info).toMatchObject({ entries: 100, fileSize: table.size })
    expect(dump.records.map((r) => [r.key.toString(), r.kind, r.value.toString()])).toEqual([
      ['k0', 'put', 'new'],
      ['k1', 'put', 'new'],
    ])
    expect(dump.truncated).toBe(true)
  })

  it('write manifests and move files away', () => {
    const env = native.memoryEnv()
    const engine = engineOf(env)
    const number = engine.newFileNumber()
    const created = run(engine, { type: 'manifestCreate', number, records: [bytes('one'), bytes('two')] })
    expect(env.readFile('/db/CURRENT', 100).toString()).toBe('MANIFEST-000002\n')
    const appended = run(engine, { type: 'manifestAppend', record: bytes('three') })
    expect(appended.manifestSize).toBeGreaterThan(created.manifestSize as number)
    const log = native.readLog(env, '/db/MANIFEST-000002', 'manifest', 2)
    expect(log.records.map((r) => r.payload.toString())).toEqual(['one', 'two', 'three'])
    expect(log).toMatchObject({
      end: 'clean',
      endOffset: appended.manifestSize,
      fileSize: appended.manifestSize,
    })
    expect(
      native.readLog(env, '/db/MANIFEST-000002', 'manifest', 2, log.databaseId, log.endOffset).records.length,
    ).toBe(3)
    expect(thrownBy(() => native.readLog(env, '/db/MANIFEST-000002', 'wal', 2))).toMatchObject({
      code: 'BURROW_CORRUPTION',
    })
    expect(run(engine, { type: 'moveToLost', names: ['MANIFEST-000002'] }).error).toBeUndefined()
    expect(env.list('/db/lost')).toEqual(['MANIFEST-000002'])
  })

  it('replay logs and adopt memtables', () => {
    const env = native.memoryEnv()
    const databaseId = native.randomDatabaseId()
    const first = engineOf(env, '/db', { databaseId })
    first.putSS('a', '1', 0)
    first.putSS('b', '2', 0)
    rotate(first)
    expect(first.memtables()).toMatchObject({
      active: { entries: 0 },
      immutables: [{ entries: 2, lastSequence: 2 }],
    })
    first.putSS('c', '3', 0)
    const { wal, length } = first.stopWrites()
    expect(wal).toBe(2)
    expect(env.fileSize('/db/000002.wal')).toBe(length)
    expect(thrownBy(() => first.putSS('d', '4', 0))).toEqual(closed)
    first.close()

    const second = native.openEngine(env, configFor('/db', { databaseId, nextFileNumber: 3 }))
    opened.push(second)
    expect(thrownBy(() => second.putSS('a', '1', 0))).toEqual(closed)
    expect(thrownBy(() => second.rotate(1))).toMatchObject({ code: 'BURROW_INTERNAL' })
    for (const number of [1, 2]) {
      const replayed = run(second, {
        type: 'replayWal',
        number,
        ...(number === 2 ? { expectedLength: length } : {}),
      })
      expect(replayed).toMatchObject({ end: 'sealed', records: number === 1 ? 2 : 1 })
      second.adoptMemtable(replayed.memtable as number)
    }
    expect(thrownBy(() => second.adoptMemtable(99))).toMatchObject({ code: 'BURROW_INTERNAL' })
    run(second, { type: 'prepareWal', number: second.newFileNumber(), allocate: 1 << 16 })
    second.start(4, 3)
    expect(thrownBy(() => second.start(4, 3))).toMatchObject({ code: 'BURROW_INTERNAL' })
    expect([second.visibleSequence(), second.getStringS('a'), second.getStringS('c')]).toEqual([3, '1', '3'])
    expect(run(second, { type: 'replayWal', number: 9 }).error).toMatchObject({ code: 7 })
  })

  it('read-only engines read everything and write nothing', () => {
    const env = native.memoryEnv()
    const databaseId = native.randomDatabaseId()
    const writer = engineOf(env, '/db', { databaseId })
    writer.putSS('a', '1', 0)
    const reader = native.openEngine(env, configFor('/db', { databaseId, readOnly: true }))
    opened.push(reader)
    reader.adoptMemtable(run(reader, { type: 'replayWal', number: 1 }).memtable as number)
    expect(reader.getStringS('a')).toBe('1')
    for (const call of [
      () => reader.putSS('a', '1', 0),
      () => reader.submit({ id: 1, type: 'deleteFiles', files: [] }),
    ]) {
      expect(thrownBy(call)).toMatchObject({ code: 'BURROW_READ_ONLY' })
    }
  })

  it('cancel compactions', () => {
    const env = native.faultEnv(native.memoryEnv())
    const engine = engineOf(env)
    for (let i = 0; i < 1000; i++) engine.putSS(`k${i}`, 'v', 0)
    const table = flush(engine)
    env.addRule?.({
      operations: ['create'],
      pathContains: '.sst',
      effect: 'delay',
      delayMicros: 50_000,
      repeat: true,
    })
    engine.submit({
      id: 9,
      type: 'compact',
      priority: 'l0',
      inputs: [{ level: 0, tables: [table] }],
      outputLevel: 1,
      targetFileSize: 0,
      maxGrandparentOverlap: 0,
      format,
    })
    engine.cancelCompactions()
    expect(completionsOf(engine, 1)).toMatchObject([{ id: 9, error: { code: 13 } }])
  })

  it('tell their statistics', () => {
    const engine = engineOf()
    engine.putSS('a', '1', WRITE_SYNC)
    engine.getStringS('a')
    const stats = engine.stats()
    expect(stats.ops.get).toMatchObject({ count: 1, bytesIn: 1, bytesOut: 1 })
    expect(stats.ops.commit.latency.max).toBeGreaterThan(0)
    expect(stats.wal.syncs).toBe(1)
    expect(stats).toMatchObject({ visibleSequence: 1, nextFileNumber: 2, scans: 0, snapshots: 0 })
    expect(stats.cache.block.capacityBytes).toBeGreaterThan(0)
    engine.resetPeakStats?.()
    expect(engine.stats().ops.commit.latency.max).toBe(0)
  })

  it('call onProgress on the event loop, once for much', async () => {
    let calls = 0
    let wake = () => {}
    const engine = engineOf(undefined, undefined, {
      onProgress: () => {
        calls++
        wake()
      },
    })
    await new Promise((resolve) => setImmediate(resolve))
    calls = 0
    engine.ref()
    const progress = new Promise<void>((resolve) => {
      wake = resolve
    })
    for (let i = 0; i < 100; i++) engine.submit({ id: i, type: 'deleteFiles', files: [] })
    completionsOf(engine, 100)
    await progress
    expect(calls).toBeLessThan(10)
    engine.unref()
    engine.unref()
  })
})

describe('close', () => {
  it('ends every function, and scans, and is idempotent', () => {
    const engine = startEngine()
    const scan = openScan(engine)
    engine.putSS('a', 'v'.repeat(100), WRITE_NO_WAIT)
    engine.getBytesS('a', new ArrayBuffer(1), 0)
    engine.submitGet(1, 'a')
    scan.fillAsync(2, 1, 1)
    engine.close()
    engine.close()
    engine.ref()
    engine.unref()
    const functions = Object.entries(engine).filter(
      ([name, value]) =>
        typeof value === 'function' && !['close', 'closeScan', 'ref', 'unref'].includes(name),
    )
    expect(functions.length).toBe(54)
    for (const [name, call] of functions)
      expect(
        thrownBy(() => call()),
        name,
      ).toEqual(closed)
    for (const call of [
      () => scan.fill(slab, 1),
      () => scan.count(1),
      () => scan.seek('a'),
      () => scan.fillAsync(1, 1, 1),
    ]) {
      expect(thrownBy(call)).toEqual(closed)
    }
    scan.close()
  })

  it('keeps what was written', () => {
    const env = native.memoryEnv()
    const engine = startEngine(env)
    engine.putSS('a', '1', WRITE_NO_WAIT)
    engine.close()
    expect(native.readLog(env, '/db/000001.wal', 'wal', 1).records.length).toBe(1)
  })
})
