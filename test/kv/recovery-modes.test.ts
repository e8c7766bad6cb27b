import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'
import { copyDirectory, filesOf, named, overwrite, spill } from './wreck.ts'

const changes = [
  'create',
  'write',
  'sync',
  'syncdir',
  'rename',
  'remove',
  'link',
  'allocate',
  'truncate',
  'lock',
  'mkdir',
]

/** The same files behind a file system that nobody can write to. */
function mountedReadOnly(env: NativeEnv): NativeEnv {
  const mounted = native.faultEnv(env)
  mounted.addRule!({ operations: changes, effect: 'error', errno: 'EROFS', repeat: true })
  return mounted
}

function snapshotOf(env: NativeEnv): Record<string, string> {
  return Object.fromEntries(
    env.list('db').map((name) => [name, env.readFile(`db/${name}`, 1 << 30).toString('hex')]),
  )
}

/** A database as a kill leaves it: 100 durable writes in one log, of which the 50th is damaged. */
async function damagedLog(directory: string): Promise<string> {
  const env = native.memoryEnv()
  const db = await Database.open('db', { env, memtableSize: 65536 })
  for (let i = 0; i < 100; i++) db.putSync(`k${i}`, `value-${i}.`)
  spill(env.crashClone!('kill', 1), 'db', directory)
  await db.close()
  const [log] = named(directory, /\.wal$/)
  overwrite(join(directory, log!), (bytes) => {
    const at = bytes.indexOf('value-50.')
    bytes.fill(0x55, at, at + 9)
  })
  return log!
}

describe("recovery: 'salvage'", () => {
  let folder: TemporaryFolder
  let wreck: string
  let log: string
  beforeAll(async () => {
    folder = new TemporaryFolder()
    wreck = folder.join('wreck')
    log = await damagedLog(wreck)
  })
  afterAll(() => folder[Symbol.dispose]())

  it('passes over damage in a log, says so, and keeps the log', async () => {
    const path = copyDirectory(wreck, folder.join('db'))
    await expect(Database.open(path)).rejects.toMatchObject({ code: 'BURROW_CORRUPTION' })
    const heard: unknown[] = []
    const onEvent = (name: string, payload: unknown) => {
      if (name === 'recovery') heard.push(payload)
    }
    const db = await Database.open(path, { recovery: 'salvage', onEvent })
    expect(db.recovery).toMatchObject({
      records: 99,
      filesMoved: [log],
      skipped: [{ file: log, afterSequence: 50, beforeSequence: 52 }],
    })
    expect([...db.keys()]).toHaveLength(99)
    expect(db.getSync('k50')).toBeUndefined()
    expect(db.getSync('k99')).toBe('value-99.')
    await db.put('k50', 'again')
    await db.close()
    expect(heard.at(-1)).toMatchObject({ skipped: db.recovery.skipped, filesMoved: [log] })
    expect(readFileSync(join(path, 'lost', log)).equals(readFileSync(join(wreck, log)))).toBe(true)
    const again = await Database.open(path)
    expect(again.recovery).toMatchObject({ clean: true, skipped: [] })
    expect([...again.keys()]).toHaveLength(100)
    await again.close()
  })

  it('reads beside damage, too, and changes nothing', async () => {
    const path = copyDirectory(wreck, folder.join('db'))
    const env = mountedReadOnly(native.posixEnv())
    const reader = await Database.open(path, { env, readOnly: true, recovery: 'salvage' })
    expect(reader.recovery.skipped).toHaveLength(1)
    expect([...reader.keys()]).toHaveLength(99)
    await reader.close()
    expect(filesOf(path)).toEqual(filesOf(wreck))
  })

  it('keeps the log whatever operation fails', async () => {
    const counted = native.faultEnv(native.posixEnv())
    const path = copyDirectory(wreck, folder.join('db'))
    const opened = await Database.open(path, { env: counted, recovery: 'salvage' })
    const { total } = counted.operations!()
    await opened.close()
    for (let at = 1; at <= total; at++) {
      copyDirectory(wreck, path)
      const env = native.faultEnv(native.posixEnv())
      env.addRule!({ effect: 'error', after: at, repeat: true })
      const db = await Database.open(path, { env, recovery: 'salvage' }).catch(() => undefined)
      await db?.close().catch(() => {})
      const again = await Database.open(path, { recovery: 'salvage' })
      expect([...again.keys()], `operation ${at}`).toHaveLength(99)
      await again.close()
      expect(named(join(path, 'lost'), /./), `operation ${at}`).toContain(log)
    }
  })

  it('refuses what is no matter of logs, and says what to do', async () => {
    const path = copyDirectory(wreck, folder.join('db'))
    rmSync(join(path, 'CURRENT'))
    await expect(Database.open(path, { recovery: 'salvage' })).rejects.toThrow(/burrow repair/)
  })
})

describe('readOnly', () => {
  it('works where nothing can be written, after a kill as after a close', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env, memtableSize: 4096 })
    for (let i = 0; i < 300; i++) db.putSync(`k${i % 100}`, `${i} ${'x'.repeat(40)}`)
    const killed = env.crashClone!('kill', 1)
    await db.close()
    for (const files of [killed, env]) {
      const before = snapshotOf(files)
      const reader = await Database.open('db', { env: mountedReadOnly(files), readOnly: true })
      expect(reader.getSync('k7')).toBe(`207 ${'x'.repeat(40)}`)
      expect([...reader.keys()]).toHaveLength(100)
      expect(reader.status).toBe('read-only')
      expect(reader.health().status).toBeDefined()
      await expect(reader.put('a', 'b')).rejects.toMatchObject({ code: 'BURROW_READ_ONLY' })
      await reader.close()
      expect(snapshotOf(files)).toEqual(before)
    }
  })

  it('makes no directory where there is no database', async () => {
    const env = native.memoryEnv()
    const opening = Database.open('some/where', { env, readOnly: true })
    await expect(opening).rejects.toMatchObject({ code: 'BURROW_NOT_FOUND' })
    expect(env.exists('some')).toBe(false)
  })

  it('tells of its recovery once, however often it had to begin anew', async () => {
    const env = native.memoryEnv()
    const db = await Database.open('db', { env })
    db.putSync('a', '1')
    const files = native.faultEnv(env.crashClone!('kill', 1))
    await db.close()
    files.addRule!({ operations: ['open'], pathContains: '.wal', effect: 'error' })
    const phases: string[] = []
    const reader = await Database.open('db', {
      env: files,
      readOnly: true,
      onEvent: (name, payload) => {
        if (name === 'recovery') phases.push((payload as { phase: string }).phase)
      },
    })
    expect(reader.getSync('a')).toBe('1')
    await reader.close()
    expect(phases).toEqual(['begin', 'end'])
  })
})

describe('beside a program that writes, flushes and compacts without a pause', () => {
  let folder: TemporaryFolder
  let child: ChildProcess
  beforeAll(async () => {
    distFile('lib/index.js')
    folder = new TemporaryFolder()
    const script = fileURLToPath(new URL('./fixtures/write-rounds.mjs', import.meta.url))
    child = spawn(process.execPath, [script, folder.join('db')], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(child.stdout!, 'data')
  })
  afterAll(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    folder[Symbol.dispose]()
  })

  it('sees a prefix of its writes in each of 100 openings', async () => {
    let last = -1
    for (let i = 0; i < 100; i++) {
      const reader = await Database.open(folder.join('db'), { readOnly: true })
      // Round r writes r to keys 0 to 49 in this order: those up to some key have r, the others r − 1.
      const rounds = [...reader.values()].map(Number)
      const current = rounds[0]!
      expect(rounds).toHaveLength(50)
      const turn = rounds.indexOf(current - 1)
      const expected = Array.from({ length: 50 }, (_, key) =>
        turn < 0 || key < turn ? current : current - 1,
      )
      expect(rounds).toEqual(expected)
      const at = current * 50 + (turn < 0 ? 50 : turn)
      expect(at).toBeGreaterThanOrEqual(last)
      last = at
      await reader.close()
    }
  })
})
