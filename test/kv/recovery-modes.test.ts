import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { type NativeEnv, native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'

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
