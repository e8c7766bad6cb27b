import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Database, type VerifyProgress, type VerifyReport } from '../../lib/index.ts'
import { verifyDirectory, verifyLogs } from '../../lib/kv/verify.ts'
import { withWorkbench } from '../../lib/kv/workbench.ts'
import { readState } from '../../lib/manifest/recovery.ts'
import { encodeVersionEdit } from '../../lib/manifest/version-edit.ts'
import { type ManifestState, snapshotEdit } from '../../lib/manifest/version-set.ts'
import { native } from '../../lib/native.ts'
import { testSeed } from '../model/random.ts'
import { copyForEachTest } from './copies.ts'
import { verifyRottenBytes } from './rotten-bytes.ts'
import { verifyBesideWriter } from './verify-beside-writer.ts'
import { verifyWrecks } from './verify-wrecks.ts'
import { copyDirectory, filesOf } from './wreck.ts'

const value = (i: number) => `value ${i} `.repeat(5)

/** Three tables and a log with synced writes. */
const copy = copyForEachTest('killed', async (path) => {
  const db = await Database.open(path, { compression: 'none', blockSize: 1024 })
  await db.pauseCompaction()
  for (let part = 0; part < 3; part++) {
    for (let i = 0; i < 100; i++) db.putSync(`${part}${i}`, value(i), { sync: false })
    db.deleteRangeSync({ gte: `${part}x`, lt: `${part}y` })
    await db.flush()
  }
  for (let i = 0; i < 20; i++) db.putSync(`late ${i}`, value(i), { sync: true })
  return db
})

const filled = () => {
  const found = copy.names(/\.wal$/).find((name) => readFileSync(copy.file(name)).includes('late 3'))
  return found!
}
const flip = (at: number) => (bytes: Buffer) => {
  bytes[at]! ^= 0x20
  return undefined
}
const problemFiles = (report: VerifyReport) =>
  report.problems.map(({ file }) => file.slice(copy.path.length + 1)).sort()

describe('a sound database', () => {
  it('is sound: not open, open for writing, read-only, in memory', async () => {
    const closed = await verifyDirectory(copy.path)
    expect(closed).toMatchObject({
      ok: true,
      tables: 3,
      logs: 2,
      records: 3 * 101 + 20,
      problems: [],
      notes: [],
    })
    expect(closed.bytes).toBeGreaterThan(3 * 100 * 40)
    const reader = await Database.open(copy.path, { readOnly: true })
    expect(await reader.verify()).toMatchObject({ ok: true, tables: 3, logs: 2, records: 323 })
    await reader.close()
    const db = await Database.open(copy.path)
    db.putSync('more', 'x')
    expect(await db.verify()).toMatchObject({ ok: true, problems: [] })
    await db.flush()
    await db.compact()
    await db.pauseCompaction()
    const after = await db.verify()
    expect(after).toMatchObject({ ok: true, problems: [] })
    expect(after.tables).toBe(db.levels().flatMap(({ files }) => files).length)
    await db.close()
    expect(await verifyDirectory(copy.path)).toMatchObject({ ok: true, notes: [] })
    const memory = await Database.open(':memory:')
    memory.putSync('a', 'b')
    await memory.flush()
    memory.putSync('c', 'd')
    expect(await memory.verify()).toMatchObject({ ok: true, tables: 1, records: 2 })
    await memory.close()
  })

  it('tells how far it is', async () => {
    const steps: VerifyProgress[] = []
    const report = await verifyDirectory(copy.path, { onProgress: (step) => steps.push(step) })
    expect(steps.at(-1)).toEqual({ files: 5, filesDone: 5, bytes: report.bytes, bytesDone: report.bytes })
    expect(steps.map(({ filesDone }) => filesDone)).toEqual(
      steps.map(({ filesDone }) => filesDone).sort((a, b) => a - b),
    )
  })

  it('a torn tail and files of others are notes, not damage', async () => {
    const log = filled()
    const { surveys } = await verifyLogs(copy.path)
    const { endOffset } = surveys.find(({ file }) => file.endsWith(log))!
    copy.change(log, (bytes) => {
      bytes.fill(0x55, endOffset, endOffset + 9)
    })
    writeFileSync(copy.file('notes.txt'), 'mine')
    writeFileSync(copy.file('000999.sst'), 'left')
    const report = await verifyDirectory(copy.path)
    expect(report).toMatchObject({ ok: true, problems: [] })
    expect(report.notes.join('\n')).toMatch(
      /000999\.sst is named by no edit.*notes\.txt is no file.*torn tail of 9 bytes at/s,
    )
    expect(readdirSync(copy.path)).toContain('000999.sst')
  })

  it('stays so while it is written', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', {
      env,
      memtableSize: 32 << 10,
      syncWrites: false,
      manifestRollSize: 1024,
    })
    let stop = false
    const writing = (async () => {
      for (let i = 0; !stop; i++) {
        db.putSync(`k${i % 3000}`, value(i), { sync: i % 50 === 0 })
        if (i % 20 === 0) await new Promise((turn) => setImmediate(turn))
      }
    })()
    try {
      for (let round = 0; round < 15; round++) {
        expect((await db.verify()).problems).toEqual([])
        expect((await verifyDirectory('db', { env })).problems).toEqual([])
        const reader = await Database.open('db', { env, readOnly: true })
        expect((await reader.verify()).problems).toEqual([])
        await reader.close()
      }
    } finally {
      stop = true
      await writing
      await db.close()
    }
  })

  it('is so after a power cut or a kill at any moment', async () => {
    const seed = testSeed()
    expect((await verifyWrecks(100, seed)).torn, `BURROW_TEST_SEED=${seed}`).toBeGreaterThan(0)
  })

  it('is so beside another process that writes it, and after its death', async () => {
    expect((await verifyBesideWriter(30)).tables).toBeGreaterThan(0)
  })
})

describe('damage', () => {
  it('of any byte of a table is found, with file and level; the other tables are read', async () => {
    const [, name] = copy.names(/\.sst$/) as [string, string]
    const bytes = readFileSync(copy.file(name))
    const missed: number[] = []
    for (let at = 0; at < bytes.length; at += at > bytes.length - 200 ? 1 : 127) {
      copy.change(name, flip(at))
      const report = await verifyDirectory(copy.path)
      const [problem] = report.problems
      if (problem === undefined) missed.push(at)
      else {
        expect(report).toMatchObject({ ok: false, tables: 2 })
        expect(problem).toMatchObject({ file: copy.file(name), level: 0 })
        expect(problem.message).toContain(name)
      }
      copy.change(name, flip(at))
    }
    expect(missed).toEqual([])
  }, 60_000)

  it('of any byte of any file is found', async () => {
    const { cases, unseen } = await verifyRottenBytes(13)
    expect(unseen).toEqual([])
    expect(cases).toBeGreaterThan(100)
  })

  it('is all found at once, and nothing is changed', async () => {
    const [first, second, third] = copy.names(/\.sst$/) as [string, string, string]
    rmSync(copy.file(first))
    copy.change(second, (bytes) => bytes.subarray(0, -1))
    copy.change(third, flip(100))
    const log = filled()
    const { surveys } = await verifyLogs(copy.path)
    const { endOffset } = surveys.find(({ file }) => file.endsWith(log))!
    copy.change(log, flip(Math.floor(endOffset / 2)))
    const spare = copy.names(/\.wal$/).find((name) => name !== log)!
    rmSync(copy.file(spare))
    const before = filesOf(copy.path)
    const report = await verifyDirectory(copy.path)
    expect(problemFiles(report)).toEqual([first, second, third, log, spare].sort())
    expect(report.problems.find(({ file }) => file.endsWith(log))!.offset).toBeLessThan(endOffset / 2)
    expect(report.problems.map(({ message }) => message).join('\n')).not.toMatch(
      /Nothing was changed|burrow /,
    )
    expect(filesOf(copy.path)).toEqual(before)
    expect((await verifyLogs(copy.path)).problems).toHaveLength(2)
  })

  it('of CURRENT or the manifest is found, and so is that of tables and logs that nothing names then', async () => {
    const [manifest] = copy.names(/^MANIFEST/) as [string]
    const [table] = copy.names(/\.sst$/) as [string]
    copy.change(table, flip(100))
    writeFileSync(copy.file('CURRENT'), '')
    expect(problemFiles(await verifyDirectory(copy.path))).toEqual([table, 'CURRENT'])
    rmSync(copy.file('CURRENT'))
    const report = await verifyDirectory(copy.path)
    expect(problemFiles(report)).toEqual([table, 'CURRENT'])
    // The newest manifest says of which level the table is.
    expect(report.problems.find(({ file }) => file.endsWith(table))).toMatchObject({ level: 0 })
    copy.change(manifest, flip(70))
    const worse = await verifyDirectory(copy.path)
    expect(problemFiles(worse)).toEqual([table, 'CURRENT', manifest].sort())
    expect(worse).toMatchObject({ ok: false, tables: 2, logs: 2 })
    writeFileSync(copy.file('CURRENT'), `${manifest}\n`)
    expect(problemFiles(await verifyDirectory(copy.path))).toEqual([table, manifest].sort())
    rmSync(copy.file(manifest))
    expect(problemFiles(await verifyDirectory(copy.path))).toEqual([table, manifest].sort())
  })

  it('of a manifest that does not fit the tables', async () => {
    const env = native.posixEnv()
    const { nextFileNumber, state } = readState(env, copy.path)!
    const changes: [string, (table: object) => object][] = [
      ['entries', (table) => ({ ...table, entries: 99 })],
      ['smallest', (table) => ({ ...table, smallest: Buffer.from('!') })],
      ['largestExclusive', (table) => ({ ...table, largestExclusive: false })],
      ['largestSeq', (table) => ({ ...table, largestSeq: 9999 })],
      ['codec', (table) => ({ ...table, codec: 'zstd' })],
    ]
    for (const [index, [field, edit]] of changes.entries()) {
      const [{ level, table }] = [...state.version.all()] as [{ level: number; table: never }]
      const version = state.version.apply({
        deleted: [{ level, number: (table as { number: number }).number }],
        added: [{ level, table: edit(table) as never }],
      })
      await writeManifest({ ...state, version, nextFileNumber: nextFileNumber + 9 }, nextFileNumber + index)
      const report = await verifyDirectory(copy.path)
      expect(report.problems, field).toHaveLength(1)
      expect(report.problems[0]!.message).toMatch(new RegExp(`its ${field} is .*; the manifest says`))
    }
  })

  it('of a log that lost its end', async () => {
    const live = join(copy.folder, 'endless')
    const env = native.faultEnv(native.posixEnv())
    const db = await Database.open(live, { env })
    db.putSync('first', '1')
    db.putSync('last', '2')
    env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
    await expect(db.flush()).rejects.toMatchObject({ code: 'BURROW_IO' })
    db.putSync('next', '3', { sync: true })
    db.putSync('next', '4', { sync: true })
    rmSync(copy.path, { recursive: true })
    copyDirectory(live, copy.path)
    env.clearRules!()
    await db.close()
    expect(await verifyDirectory(copy.path)).toMatchObject({ ok: true })
    const [log] = copy.names(/\.wal$/) as [string]
    copy.change(log, (bytes) => bytes.fill(0x55, bytes.lastIndexOf('last')))
    const report = await verifyDirectory(copy.path)
    expect(problemFiles(report)).toEqual([log])
    expect(report.problems[0]!.message).toMatch(/was durable before .*without its end record/)
  })

  it('of a disk that does not read', async () => {
    const env = native.faultEnv(native.posixEnv())
    const [table] = copy.names(/\.sst$/) as [string]
    const rule = env.addRule!({ operations: ['read'], pathContains: table, effect: 'error', repeat: true })
    const report = await verifyDirectory(copy.path, { env })
    expect(report.problems).toMatchObject([{ code: 'BURROW_IO', file: copy.file(table), level: 0 }])
    expect(report.tables).toBe(2)
    env.removeRule!(rule)
    expect(await verifyDirectory(copy.path, { env })).toMatchObject({ ok: true })
  })

  it('under an open database, also of a manifest that says something else than memory', async () => {
    const db = await Database.open(copy.path)
    await db.pauseCompaction()
    const manifest = copy.names(/^MANIFEST/).at(-1)!
    const early = readFileSync(copy.file(manifest))
    db.putSync('new', 'x')
    await db.flush()
    expect(await db.verify()).toMatchObject({ ok: true })
    const late = readFileSync(copy.file(manifest))
    writeFileSync(copy.file(manifest), early)
    expect(new Set(problemFiles(await db.verify()))).toEqual(new Set([manifest]))
    writeFileSync(copy.file(manifest), late)
    const [table] = copy.names(/\.sst$/) as [string]
    copy.change(table, flip(50))
    expect(problemFiles(await db.verify())).toEqual([table])
    rmSync(copy.file(table))
    expect((await db.verify()).problems).toMatchObject([
      { code: 'BURROW_CORRUPTION', file: copy.file(table), level: 0 },
    ])
    await db.close()
  })
})

describe('giving up', () => {
  it('by a signal, by closing, by an error of the caller', async () => {
    const db = await Database.open(copy.path)
    await expect(db.verify({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    const controller = new AbortController()
    const verifying = db.verify({ signal: controller.signal, onProgress: () => controller.abort() })
    await expect(verifying).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    const mine = new Error('mine')
    const failing = db.verify({
      onProgress: () => {
        throw mine
      },
    })
    await expect(failing).rejects.toBe(mine)
    const late = db.verify()
    const closing = db.close()
    await expect(late).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
    await closing
    await expect(db.verify()).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
    const reader = await Database.open(copy.path, { readOnly: true })
    const lateReader = reader.verify()
    await Promise.all([reader.close(), expect(lateReader).rejects.toMatchObject({ code: 'BURROW_CLOSED' })])
  })

  it('wrong options and places are refused', async () => {
    const db = await Database.open(copy.path)
    for (const options of [5, { signal: 1 }, { onProgress: 1 }, { sginal: undefined }]) {
      await expect(db.verify(options as never)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    }
    await db.close()
    const nowhere = join(copy.folder, 'nowhere')
    await expect(verifyDirectory(nowhere)).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    mkdirSync(nowhere)
    await expect(verifyDirectory(nowhere)).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    await expect(verifyDirectory(copy.path, { tables: [4711] })).rejects.toMatchObject({
      code: 'BURROW_NOT_FOUND',
    })
    const number = Number.parseInt(copy.names(/\.sst$/)[0]!, 10)
    expect(await verifyDirectory(copy.path, { tables: [number] })).toMatchObject({
      ok: true,
      tables: 1,
      logs: 0,
    })
  })
})

async function writeManifest(state: ManifestState, number: number): Promise<void> {
  const place = { env: native.posixEnv(), directory: copy.path }
  const bench = { databaseId: state.databaseId, nextFileNumber: number + 1, readOnly: false }
  const record = encodeVersionEdit(snapshotEdit(state))
  await withWorkbench(place, bench, ({ run }) => run({ type: 'manifestCreate', number, records: [record] }))
}
