import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type NativeEngine, type NativeEnv, native } from '../../lib/native.ts'
import { configFor, flush, format, run, startEngine } from './open-engine.ts'

const databaseId = native.randomDatabaseId()
const engines: NativeEngine[] = []
const directories: string[] = []

afterEach(() => {
  for (const engine of engines.splice(0)) engine.close()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

function track(engine: NativeEngine): NativeEngine {
  engines.push(engine)
  return engine
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'burrow-salvage-'))
  directories.push(directory)
  return directory
}

const tableName = (number: number) => `${String(number).padStart(6, '0')}.sst`
const walName = (number: number) => `${String(number).padStart(6, '0')}.wal`

/** A directory of the file system with a running engine. */
function open(
  directory = temporary(),
  env: NativeEnv = native.posixEnv(),
): { directory: string; engine: NativeEngine } {
  return { directory, engine: track(startEngine(env, directory, { databaseId })) }
}

/** An engine on the same directory that takes no writes, as tools use it. */
function bench(directory: string, readOnly = false, env: NativeEnv = native.posixEnv()): NativeEngine {
  return track(native.openEngine(env, configFor(directory, { databaseId, readOnly, nextFileNumber: 100 })))
}

function fill(engine: NativeEngine, records: number): void {
  for (let i = 0; i < records; i++)
    engine.putSS(`key${String(i).padStart(6, '0')}`, `value ${i} `.repeat(10), 0)
}

function damage(file: string, offset: number): void {
  const bytes = readFileSync(file)
  bytes[offset] = (bytes[offset] ?? 0) ^ 0x10
  writeFileSync(file, bytes)
}

describe('verifyTable', () => {
  it('tells what a whole table is', () => {
    const { engine } = open()
    fill(engine, 1000)
    const number = flush(engine)
    const completion = run(engine, { type: 'verifyTable', number })
    expect(completion.error).toBeUndefined()
    expect(completion.records).toBe(1000)
    expect(completion.table).toMatchObject({ number, entries: 1000, smallest: Buffer.from('key000000') })
    expect(completion.bytesRead).toBeGreaterThanOrEqual(completion.table?.size ?? Number.NaN)
  })

  it('names the file and the place of what is wrong, also for reading only', () => {
    const { directory, engine } = open()
    fill(engine, 1000)
    const number = flush(engine)
    const reader = bench(directory, true)
    expect(run(reader, { type: 'verifyTable', number }).error).toBeUndefined()
    damage(join(directory, tableName(number)), 5000)
    const { error, table } = run(reader, { type: 'verifyTable', number })
    expect(error).toMatchObject({
      code: 2,
      message: 'block checksum mismatch',
      file: join(directory, tableName(number)),
    })
    expect(error?.offset).toBeLessThanOrEqual(5000)
    expect(table).toBeUndefined()
  })

  it('refuses the table of another database', () => {
    const { directory, engine } = open()
    fill(engine, 10)
    const number = flush(engine)
    const other = track(native.openEngine(native.posixEnv(), configFor(directory, { readOnly: true })))
    expect(run(other, { type: 'verifyTable', number }).error?.message).toContain('another database')
  })
})

describe('copyFile', () => {
  it('copies, and tells the checksum and the lengths', () => {
    const { directory, engine } = open()
    const from = join(directory, 'from')
    const bytes = Buffer.alloc((5 << 20) + 17, 'burrow')
    writeFileSync(from, bytes)
    const to = join(directory, 'to')
    const completion = run(engine, { type: 'copyFile', from, to })
    expect(completion).toMatchObject({ bytesRead: bytes.length, bytesWritten: bytes.length })
    expect(completion.crc32c).toBe(native.crc32c(bytes))
    expect(readFileSync(to).equals(bytes)).toBe(true)
    const part = run(engine, { type: 'copyFile', from, to: join(directory, 'part'), length: 1000 })
    expect(part.crc32c).toBe(native.crc32c(bytes.subarray(0, 1000)))
    expect(readFileSync(join(directory, 'part')).equals(bytes.subarray(0, 1000))).toBe(true)
  })

  it('only reads without a target, also in a read-only engine', () => {
    const { directory } = open()
    const reader = bench(directory, true)
    writeFileSync(join(directory, 'from'), 'abc')
    const completion = run(reader, { type: 'copyFile', from: join(directory, 'from') })
    expect(completion).toMatchObject({
      bytesRead: 3,
      bytesWritten: 0,
      crc32c: native.crc32c(Buffer.from('abc')),
    })
    const to = join(directory, 'to')
    expect(() => run(reader, { type: 'copyFile', from: join(directory, 'from'), to })).toThrow('reading only')
  })

  it('leaves nothing behind when it fails, and never overwrites', () => {
    const { directory, engine } = open()
    const from = join(directory, 'from')
    const to = join(directory, 'to')
    writeFileSync(from, 'abc')
    const short = run(engine, { type: 'copyFile', from, to, length: 4 })
    expect(short.error).toMatchObject({ code: 2, file: from })
    expect(run(engine, { type: 'copyFile', from: to, to: from }).error).toMatchObject({ code: 7 })
    writeFileSync(to, 'mine')
    expect(run(engine, { type: 'copyFile', from, to }).error).toMatchObject({ code: 8, file: to })
    expect(readFileSync(to, 'utf8')).toBe('mine')
    expect(run(engine, { type: 'copyFile', from, to, link: true }).error).toMatchObject({ code: 8 })
    expect(readdirSync(directory).filter((name) => /^(from|to)/.test(name))).toEqual(['from', 'to'])
  })

  it('removes a copy that an error of the file system ended', () => {
    const env = native.faultEnv(native.memoryEnv())
    const { engine } = open('/db', env)
    fill(engine, 3000)
    const from = `/db/${tableName(flush(engine))}`
    for (const operation of ['create', 'write', 'sync', 'read']) {
      env.addRule?.({ operations: [operation], effect: 'error', errno: 'EIO' })
      expect(run(engine, { type: 'copyFile', from, to: '/db/to' }).error, operation).toMatchObject({
        code: 1,
      })
      expect(env.exists('/db/to'), operation).toBe(false)
      env.clearRules?.()
    }
  })

  it('links', () => {
    for (const env of [native.posixEnv(), native.memoryEnv()]) {
      const { directory, engine } = open(env.kind === 'posix' ? temporary() : '/db', env)
      fill(engine, 100)
      const from = join(directory, tableName(flush(engine)))
      const to = join(directory, 'to')
      const size = env.fileSize(from)
      const linked = run(engine, { type: 'copyFile', from, to, link: true, length: size })
      expect(linked.error).toBeUndefined()
      expect(linked.crc32c).toBeUndefined()
      env.remove(from)
      expect(env.fileSize(to)).toBe(size)
      expect(
        run(engine, { type: 'copyFile', from: to, to: from, link: true, length: size - 1 }).error,
      ).toMatchObject({
        code: 15,
      })
      expect(
        run(engine, { type: 'copyFile', from: to, to: from, link: true, length: size + 1 }).error,
      ).toMatchObject({
        code: 2,
      })
    }
  })
})

describe('surveyWal', () => {
  /** A log with ten synced records, the fifth damaged. */
  function damagedLog() {
    const { directory, engine } = open()
    for (let i = 1; i <= 10; i++) {
      engine.putSS(`key${i}`, 'v'.repeat(100), 0)
      engine.syncWal()
    }
    engine.close()
    const number = 1
    const file = join(directory, walName(number))
    const log = native.readLog(native.posixEnv(), file, 'wal', number)
    damage(file, (log.records[4]?.offset ?? 0) + 40)
    return { directory, number, record: log.records[4]?.offset, next: log.records[5]?.offset ?? 0 }
  }

  it('replays what is whole, when asked to', () => {
    const { directory, next, number, record } = damagedLog()
    const engine = bench(directory, true)
    expect(run(engine, { type: 'replayWal', number }).error).toMatchObject({ code: 2, offset: record })
    const replayed = run(engine, { type: 'replayWal', number, salvage: true })
    expect(replayed).toMatchObject({ records: 9, lastSequence: 10 })
    expect(replayed.lost).toEqual([
      {
        offset: record,
        size: next - (record ?? 0),
        problem: expect.stringContaining('damaged'),
        afterSequence: 4,
        beforeSequence: 6,
      },
    ])
    expect(replayed.memtable).toBeGreaterThan(0)
  })

  it('tells what is whole, also for reading only', () => {
    const { directory, number } = damagedLog()
    const found = run(bench(directory, true), { type: 'surveyWal', number })
    expect(found).toMatchObject({ records: 9, firstSequence: 1, lastSequence: 10, end: 'clean', databaseId })
    expect(found.lost).toHaveLength(1)
  })

  it('reads the log of another database, too', () => {
    const { directory, number } = damagedLog()
    const other = track(native.openEngine(native.posixEnv(), configFor(directory, { readOnly: true })))
    expect(run(other, { type: 'surveyWal', number })).toMatchObject({ records: 9, databaseId })
  })
})

describe('salvageTable', () => {
  function table(records: number) {
    const { directory, engine } = open()
    fill(engine, records)
    const number = flush(engine)
    return { directory, engine, number, file: join(directory, tableName(number)) }
  }

  it('saves every block but the damaged one', () => {
    const { directory, engine, file, number } = table(3000)
    damage(file, 20_000)
    const looked = run(bench(directory, true), { type: 'salvageTable', number, format })
    expect(looked).toMatchObject({ expectedRecords: 3000, databaseId, outputs: [] })
    const saved = run(engine, { type: 'salvageTable', number, output: 60, format })
    expect(saved.error).toBeUndefined()
    expect(saved.records).toBe(looked.records)
    expect(saved.records).toBeGreaterThan(2800)
    expect(saved.records).toBeLessThan(3000)
    expect(saved.lost).toHaveLength(1)
    const [lost] = saved.lost ?? []
    expect(lost?.problem).toBe('block checksum mismatch')
    const index = (key: Buffer | undefined) => Number(key?.toString().slice(3))
    expect(index(lost?.before) - index(lost?.after) - 1).toBe(3000 - (saved.records ?? 0))
    expect(saved.outputs?.[0]?.table).toMatchObject({ number: 60, entries: saved.records })
    expect(run(engine, { type: 'verifyTable', number: 60 }).error).toBeUndefined()
  })

  it('saves what there is without footer and index', () => {
    const { engine, file, number } = table(3000)
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.subarray(0, bytes.length / 2))
    const saved = run(engine, { type: 'salvageTable', number, output: 60, format })
    expect(saved.records).toBeGreaterThan(1000)
    expect(saved.expectedRecords).toBeUndefined()
    expect(saved.lost?.at(-1)).toMatchObject({ problem: expect.stringContaining("the table's end is lost") })
    expect(run(engine, { type: 'verifyTable', number: 60 }).records).toBe(saved.records)
  })

  it('makes no table of nothing', () => {
    const { directory, engine, number, file } = table(10)
    writeFileSync(file, Buffer.alloc(10_000, 1))
    const saved = run(engine, { type: 'salvageTable', number, output: 60, format })
    expect(saved).toMatchObject({ records: 0, outputs: [], lost: [{ offset: 0, size: 10_000 }] })
    expect(readdirSync(directory)).not.toContain(tableName(60))
  })

  it('tells when range tombstones are lost', () => {
    const { directory, engine } = open()
    fill(engine, 100)
    engine.writeBatch(Buffer.from('\x02\x01\x00\x01\x00\x00\x00ab', 'latin1'), 9, 1, 0)
    const number = flush(engine)
    const file = join(directory, tableName(number))
    const whole = run(engine, { type: 'salvageTable', number, output: 60, format })
    expect(whole.lost).toEqual([])
    expect(whole.outputs?.[0]?.table).toMatchObject({ entries: 100, rangeTombstones: 1 })
    const bytes = readFileSync(file)
    damage(file, bytes.readUInt32LE(bytes.length - 100 + 64))
    const { lost } = run(engine, { type: 'salvageTable', number, output: 61, format })
    expect(lost).toMatchObject([{ problem: expect.stringContaining('range tombstones are lost') }])
  })
})
