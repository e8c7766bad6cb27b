import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { distFile } from '../dist.ts'

let folder: string
let library: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'burrow-processes-'))
  library = distFile('lib/index.js')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of a user in a process of its own; PATH and LIBRARY stand for the database and the package. */
async function run(program: string, flags: readonly string[] = ['--input-type=module']): Promise<Outcome> {
  const source = program
    .replaceAll('LIBRARY', JSON.stringify(library))
    .replaceAll('PATH', JSON.stringify(join(folder, 'db')))
  const child = spawn(process.execPath, [...flags, '--no-warnings', '-e', source])
  const killer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  clearTimeout(killer)
  return { code, signal, stdout, stderr }
}

const fine = (stdout: string) => ({ code: 0, signal: null, stdout, stderr: '' })

describe('a program of a user', () => {
  it('imports, requires, and works in a worker thread', async () => {
    const body = `
      const db = await Database.open(':memory:')
      await db.put('k', 'v')
      console.log(await db.get('k'), BurrowError.name)
      await db.close()`
    expect(await run(`import { BurrowError, Database } from LIBRARY; ${body}`)).toEqual(
      fine('v BurrowError\n'),
    )
    expect(
      await run(`const { BurrowError, Database } = require(LIBRARY); (async () => {${body}})()`, [
        '--input-type=commonjs',
      ]),
    ).toEqual(fine('v BurrowError\n'))
    const inner = `(async () => {
      const { BurrowError, Database } = await import(${JSON.stringify(library)}); ${body}
    })()`
    expect(
      await run(
        `import { Worker } from 'node:worker_threads'; new Worker(${JSON.stringify(inner)}, { eval: true })`,
      ),
    ).toEqual(fine('v BurrowError\n'))
  })

  it('ends with an open database, and not before its promises', async () => {
    expect(
      await run(`
        import { Database } from LIBRARY
        const db = await Database.open(PATH)
        db.put('pending', 'v').then(() => console.log('durable'))
        db.get('pending').then((value) => console.log(value))`),
    ).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^(v\ndurable|durable\nv)\n$/) })
    const db = await Database.open(join(folder, 'db'))
    expect(db.getSync('pending')).toBe('v')
    expect(db.recovery.clean).toBe(false)
    await db.close()
  })

  it.each([
    ['process.exit', 'process.exit(0)', 0],
    ['an error that nobody catches', 'throw new Error("mine")', 1],
    ['the end of the program', '', 0],
  ])('may end by %s in the middle of everything', async (_, ending, code) => {
    const outcome = await run(`
      import { Database } from LIBRARY
      const db = await Database.open(PATH, { memtableSize: 65536 })
      for (let i = 0; i < 3000; i++) db.putSync('e' + i, 'v'.repeat(200), { sync: false })
      for (let i = 0; i < 50; i++) { db.put('f' + i, 'v'); db.get('e' + i); db.entries().next(5); db.entries().nextSync(2) }
      db.snapshot(); db.writeBatch().put('a', 'b'); db.flush(); db.compact()
      ${ending}`)
    expect(outcome).toMatchObject({ code, signal: null })
    const db = await Database.open(join(folder, 'db'))
    expect((await db.keys({ prefix: 'e' }).all()).length).toBe(3000)
    await db.clear()
    await db.close()
  })

  it('may terminate a worker that has a database open; the lock goes with it', async () => {
    const inner = `(async () => {
        const { Database } = await import(WORKERLIB)
        const { parentPort } = await import('node:worker_threads')
        const db = await Database.open(WORKERPATH, { memtableSize: 65536 })
        for (let i = 0; i < 2000; i++) db.putSync('w' + i, 'v'.repeat(200), { sync: false })
        db.entries().next(100); db.flush(); db.compact()
        parentPort.postMessage('ready')
        for (let i = 0; ; i++) { db.put('x' + i, 'v'); await db.get('w' + i) }
      })()`
      .replace('WORKERLIB', JSON.stringify(library))
      .replace('WORKERPATH', JSON.stringify(join(folder, 'db')))
    const outcome = await run(`
      import { once } from 'node:events'
      import { Worker } from 'node:worker_threads'
      import { Database } from LIBRARY
      for (let round = 0; round < 3; round++) {
        const worker = new Worker(${JSON.stringify(inner)}, { eval: true })
        await once(worker, 'message')
        const locked = await Database.open(PATH).catch((error) => error)
        console.log(locked.code, locked.context.holderPid === process.pid)
        await worker.terminate()
        const db = await Database.open(PATH)
        console.log((await db.keys({ prefix: 'w' }).all()).length)
        await db.close()
      }`)
    expect(outcome).toEqual(fine('BURROW_LOCKED true\n2000\n'.repeat(3)))
  })

  it('is told who holds the lock; a reader beside it is welcome', async () => {
    const path = join(folder, 'db')
    const db = await Database.open(path)
    await db.put('mine', 'v')
    const outcome = await run(`
      import { Database } from LIBRARY
      for (const call of [() => Database.open(PATH), () => Database.destroy(PATH)]) {
        const error = await call().catch((error) => error)
        console.log(error.code, error.context.holderPid, error.retryable, error.message.includes(String(error.context.holderPid)))
      }
      const reader = await Database.open(PATH, { readOnly: true })
      console.log(reader.status, await reader.get('mine'), await Database.exists(PATH))
      for (const call of [() => reader.put('a', 'b'), () => reader.flush(), () => reader.compact(), () => reader.sync(),
          () => reader.clear(), () => reader.delete('a'), () => reader.batch([]), () => reader.deleteRange({ gte: 'a' })]) {
        const error = await call().catch((error) => error)
        console.log(error?.code)
      }
      await reader.close()`)
    expect(outcome).toEqual(
      fine(
        `${`BURROW_LOCKED ${process.pid} true true\n`.repeat(2)}read-only v true\n${'BURROW_READ_ONLY\n'.repeat(8)}`,
      ),
    )
    await db.put('after', 'v')
    await db.close()
  })

  it('works with using and await using', async () => {
    const outcome = await run(`
      import { Database } from LIBRARY
      const db = await Database.open(PATH)
      for (const thing of [db.snapshot(), db.entries(), db.keys(), db.values()]) {
        thing[Symbol.dispose]()
        await thing[Symbol.asyncDispose]()
      }
      console.log(db.stats().iterators.live, db.stats().snapshots.live)
      await db[Symbol.asyncDispose]()
      console.log(db.status)
      const other = await Database.open(PATH)
      other[Symbol.dispose]()
      console.log(other.status, other.close() === other.close())
      process.on('exit', () => console.log(other.status))`)
    expect(outcome).toEqual(fine('0 0\nclosed\nclosing true\nclosed\n'))
  })
})
