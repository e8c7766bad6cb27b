import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database, type VerifyProgress, type VerifyReport } from '../../lib/index.ts'
import { verifyDirectory, verifyLogs } from '../../lib/kv/verify.ts'
import { withWorkbench } from '../../lib/kv/workbench.ts'
import { readState } from '../../lib/manifest/recovery.ts'
import { encodeVersionEdit } from '../../lib/manifest/version-edit.ts'
import { type ManifestState, snapshotEdit } from '../../lib/manifest/version-set.ts'
import { native } from '../../lib/native.ts'

import { testSeed } from '../model/random.ts'
import { verifyRottenBytes } from './rotten-bytes.ts'
import { verifyBesideWriter } from './verify-beside-writer.ts'
import { verifyWrecks } from './verify-wrecks.ts'

const value = (i: number) => `value ${i} `.repeat(5)

/** Three tables and a log with synced writes, as a killed process leaves them. */
let folder: string
let sound: string
let path: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'burrow-verify-'))
  sound = join(folder, 'sound')
  const db = await Database.open(join(folder, 'live'), { compression: 'none', blockSize: 1024 })
  await db.pauseCompaction()
  for (let part = 0; part < 3; part++) {
    for (let i = 0; i < 100; i++) db.putSync(`${part}${i}`, value(i), { sync: false })
    db.deleteRangeSync({ gte: `${part}x`, lt: `${part}y` })
    await db.flush()
  }
  for (let i = 0; i < 20; i++) db.putSync(`late ${i}`, value(i), { sync: true })
  cpSync(db.path, sound, { recursive: true })
  await db.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let copies = 0
beforeEach(() => {
  path = join(folder, `copy${++copies}`)
  cpSync(sound, path, { recursive: true })
})

const names = (ending: string | RegExp) =>
  readdirSync(path)
    .filter((name) => (typeof ending === 'string' ? name.endsWith(ending) : ending.test(name)))
    .sort()
const filled = () => {
  const found = names('.wal').find((name) => readFileSync(join(path, name)).includes('late 3'))
  return found!
}
function change(name: string, edit: (bytes: Buffer) => Buffer | undefined): void {
  const file = join(path, name)
  const bytes = readFileSync(file)
  writeFileSync(file, edit(bytes) ?? bytes)
}
const flip = (at: number) => (bytes: Buffer) => {
  bytes[at]! ^= 0x20
  return undefined
}
const problemFiles = (report: VerifyReport) =>
  report.problems.map(({ file }) => file.slice(path.length + 1)).sort()

describe('a sound database', () => {
  it('is sound: not open, open for writing, read-only, in memory', async () => {
    const closed = await verifyDirectory(path)
    expect(closed).toMatchObject({
      ok: true,
      tables: 3,
      logs: 2,
      records: 3 * 101 + 20,
      problems: [],
      notes: [],
    })
    expect(closed.bytes).toBeGreaterThan(3 * 100 * 40)
    const reader = await Database.open(path, { readOnly: true })
    expect(await reader.verify()).toMatchObject({ ok: true, tables: 3, logs: 2, records: 323 })
    await reader.close()
    const db = await Database.open(path)
    db.putSync('more', 'x')
    expect(await db.verify()).toMatchObject({ ok: true, problems: [] })
    await db.flush()
    await db.compact()
    await db.pauseCompaction()
    const after = await db.verify()
    expect(after).toMatchObject({ ok: true, problems: [] })
    expect(after.tables).toBe(db.levels().flatMap(({ files }) => files).length)
    await db.close()
    expect(await verifyDirectory(path)).toMatchObject({ ok: true, notes: [] })
    const memory = await Database.open(':memory:')
    memory.putSync('a', 'b')
    await memory.flush()
    memory.putSync('c', 'd')
    expect(await memory.verify()).toMatchObject({ ok: true, tables: 1, records: 2 })
    await memory.close()
  })

  it('tells how far it is', async () => {
    const steps: VerifyProgress[] = []
    const report = await verifyDirectory(path, { onProgress: (step) => steps.push(step) })
    expect(steps.at(-1)).toEqual({ files: 5, filesDone: 5, bytes: report.bytes, bytesDone: report.bytes })
    expect(steps.map(({ filesDone }) => filesDone)).toEqual(
      steps.map(({ filesDone }) => filesDone).sort((a, b) => a - b),
    )
  })

  it('a torn tail and files of others are notes, not damage', async () => {
    const log = filled()
    const { surveys } = await verifyLogs(path)
    const { endOffset } = surveys.find(({ file }) => file.endsWith(log))!
    change(log, (bytes) => {
      bytes.fill(0x55, endOffset, endOffset + 9)
      return undefined
    })
    writeFileSync(join(path, 'notes.txt'), 'mine')
    writeFileSync(join(path, '000999.sst'), 'left')
    const report = await verifyDirectory(path)
    expect(report).toMatchObject({ ok: true, problems: [] })
    expect(report.notes.join('\n')).toMatch(
      /000999\.sst is named by no edit.*notes\.txt is no file.*torn tail of 9 bytes at/s,
    )
    expect(readdirSync(path)).toContain('000999.sst')
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
    const [, name] = names('.sst') as [string, string]
    const bytes = readFileSync(join(path, name))
    const missed: number[] = []
    for (let at = 0; at < bytes.length; at += at > bytes.length - 200 ? 1 : 127) {
      change(name, flip(at))
      const report = await verifyDirectory(path)
      const [problem] = report.problems
      if (problem === undefined) missed.push(at)
      else {
        expect(report).toMatchObject({ ok: false, tables: 2 })
        expect(problem).toMatchObject({ file: join(path, name), level: 0 })
        expect(problem.message).toContain(name)
      }
      change(name, flip(at))
    }
    expect(missed).toEqual([])
  }, 60_000)

  it('of any byte of any file is found', async () => {
    const { cases, unseen } = await verifyRottenBytes(13)
    expect(unseen).toEqual([])
    expect(cases).toBeGreaterThan(100)
  })

  it('is all found at once, and nothing is changed', async () => {
    const [first, second, third] = names('.sst') as [string, string, string]
    rmSync(join(path, first))
    change(second, (bytes) => bytes.subarray(0, -1))
    change(third, flip(100))
    const log = filled()
    const { surveys } = await verifyLogs(path)
    const { endOffset } = surveys.find(({ file }) => file.endsWith(log))!
    change(log, flip(Math.floor(endOffset / 2)))
    const spare = names('.wal').find((name) => name !== log)!
    rmSync(join(path, spare))
    const before = names(/./).map((name) => readFileSync(join(path, name), 'hex'))
    const report = await verifyDirectory(path)
    expect(problemFiles(report)).toEqual([first, second, third, log, spare].sort())
    expect(report.problems.find(({ file }) => file.endsWith(log))!.offset).toBeLessThan(endOffset / 2)
    expect(report.problems.map(({ message }) => message).join('\n')).not.toMatch(
      /Nothing was changed|burrow /,
    )
    expect(names(/./).map((name) => readFileSync(join(path, name), 'hex'))).toEqual(before)
    expect((await verifyLogs(path)).problems).toHaveLength(2)
  })

  it('of CURRENT or the manifest is found, and so is that of tables and logs that nothing names then', async () => {
    const [manifest] = names(/^MANIFEST/) as [string]
    const [table] = names('.sst') as [string]
    change(table, flip(100))
    writeFileSync(join(path, 'CURRENT'), '')
    expect(problemFiles(await verifyDirectory(path))).toEqual([table, 'CURRENT'])
    rmSync(join(path, 'CURRENT'))
    const report = await verifyDirectory(path)
    expect(problemFiles(report)).toEqual([table, 'CURRENT'])
    // The newest manifest says of which level the table is.
    expect(report.problems.find(({ file }) => file.endsWith(table))).toMatchObject({ level: 0 })
    change(manifest, flip(70))
    const worse = await verifyDirectory(path)
    expect(problemFiles(worse)).toEqual([table, 'CURRENT', manifest].sort())
    expect(worse).toMatchObject({ ok: false, tables: 2, logs: 2 })
    writeFileSync(join(path, 'CURRENT'), `${manifest}\n`)
    expect(problemFiles(await verifyDirectory(path))).toEqual([table, manifest].sort())
    rmSync(join(path, manifest))
    expect(problemFiles(await verifyDirectory(path))).toEqual([table, manifest].sort())
  })

  it('of a manifest that does not fit the tables', async () => {
    const env = native.posixEnv()
    const { nextFileNumber, state } = readState(env, path)!
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
      const report = await verifyDirectory(path)
      expect(report.problems, field).toHaveLength(1)
      expect(report.problems[0]!.message).toMatch(new RegExp(`its ${field} is .*; the manifest says`))
    }
  })

  it('of a log that lost its end', async () => {
    const live = join(folder, `live${copies}`)
    const env = native.faultEnv(native.posixEnv())
    const db = await Database.open(live, { env })
    db.putSync('first', '1')
    db.putSync('last', '2')
    env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
    await expect(db.flush()).rejects.toMatchObject({ code: 'BURROW_IO' })
    db.putSync('next', '3', { sync: true })
    db.putSync('next', '4', { sync: true })
    rmSync(path, { recursive: true })
    cpSync(live, path, { recursive: true })
    env.clearRules!()
    await db.close()
    expect(await verifyDirectory(path)).toMatchObject({ ok: true })
    const [log] = names('.wal') as [string]
    change(log, (bytes) => bytes.fill(0x55, bytes.lastIndexOf('last')))
    const report = await verifyDirectory(path)
    expect(problemFiles(report)).toEqual([log])
    expect(report.problems[0]!.message).toMatch(/was durable before .*without its end record/)
  })

  it('of a disk that does not read', async () => {
    const env = native.faultEnv(native.posixEnv())
    const [table] = names('.sst') as [string]
    const rule = env.addRule!({ operations: ['read'], pathContains: table, effect: 'error', repeat: true })
    const report = await verifyDirectory(path, { env })
    expect(report.problems).toMatchObject([{ code: 'BURROW_IO', file: join(path, table), level: 0 }])
    expect(report.tables).toBe(2)
    env.removeRule!(rule)
    expect(await verifyDirectory(path, { env })).toMatchObject({ ok: true })
  })

  it('under an open database, also of a manifest that says something else than memory', async () => {
    const db = await Database.open(path)
    const manifest = names(/^MANIFEST/).at(-1)!
    const early = readFileSync(join(path, manifest))
    db.putSync('new', 'x')
    await db.flush()
    expect(await db.verify()).toMatchObject({ ok: true })
    const late = readFileSync(join(path, manifest))
    writeFileSync(join(path, manifest), early)
    expect(new Set(problemFiles(await db.verify()))).toEqual(new Set([manifest]))
    writeFileSync(join(path, manifest), late)
    const [table] = names('.sst') as [string]
    change(table, flip(50))
    expect(problemFiles(await db.verify())).toEqual([table])
    rmSync(join(path, table))
    expect((await db.verify()).problems).toMatchObject([
      { code: 'BURROW_CORRUPTION', file: join(path, table), level: 0 },
    ])
    await db.close()
  })
})

describe('giving up', () => {
  it('by a signal, by closing, by an error of the caller', async () => {
    const db = await Database.open(path)
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
    const reader = await Database.open(path, { readOnly: true })
    const lateReader = reader.verify()
    await Promise.all([reader.close(), expect(lateReader).rejects.toMatchObject({ code: 'BURROW_CLOSED' })])
  })

  it('wrong options and places are refused', async () => {
    const db = await Database.open(path)
    for (const options of [5, { signal: 1 }, { onProgress: 1 }, { sginal: undefined }]) {
      await expect(db.verify(options as never)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    }
    await db.close()
    const nowhere = join(folder, 'nowhere')
    await expect(verifyDirectory(nowhere)).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    mkdirSync(nowhere)
    await expect(verifyDirectory(nowhere)).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    await expect(verifyDirectory(path, { tables: [4711] })).rejects.toMatchObject({
      code: 'BURROW_NOT_FOUND',
    })
    const number = Number.parseInt(names('.sst')[0]!, 10)
    expect(await verifyDirectory(path, { tables: [number] })).toMatchObject({ ok: true, tables: 1, logs: 0 })
  })
})

async function writeManifest(state: ManifestState, number: number): Promise<void> {
  const place = { env: native.posixEnv(), directory: path }
  const bench = { databaseId: state.databaseId, nextFileNumber: number + 1, readOnly: false }
  const record = encodeVersionEdit(snapshotEdit(state))
  await withWorkbench(place, bench, ({ run }) => run({ type: 'manifestCreate', number, records: [record] }))
}
