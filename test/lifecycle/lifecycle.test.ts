/** How programs end that do not end well: workers, exits, signals, forks, garbage. Each in a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { distFile } from '../dist.ts'
import { clean, runProgram, workerStarter } from './programs.ts'
import { busyWith, terminateWorkers } from './worker-endings.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'burrow-endings-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let path: string
let count = 0
beforeEach(() => {
  path = join(folder, `db${++count}`)
})

/** The database opens here, which it would not were it locked, and has so many keys. */
async function expectKeys(prefix: string, keys: number): Promise<void> {
  const db = await Database.open(path)
  expect((await db.keys({ prefix }).all()).length).toBe(keys)
  await db.close()
}

describe('a worker that is terminated', () => {
  it.each(Object.keys(busyWith))('during %s loses nothing and lets go of the lock', (doing) =>
    terminateWorkers(path, doing, 3),
  )
})

describe('a Buffer whose memory is taken away', () => {
  // What Node 21 and later have without a flag.
  const flags = 'transfer' in ArrayBuffer.prototype ? [] : ['--harmony-rab-gsab-transfer']

  it('is not lost by posting it; where a program detaches it all the same, later reads go on', async () => {
    const ending = await runProgram(
      path,
      `const db = await Database.open(path, { valueEncoding: 'buffer' })
      for (let i = 0; i < 500; i++) db.putSync('key ' + i, Buffer.from('value ' + i))
      const [first, second] = [db.getSync('key 1'), db.getSync('key 2')]
      try {
        structuredClone(first, { transfer: [first.buffer] })
      } catch {} // Node 20 copies, later ones refuse
      console.log(String(first), String(second))
      first.buffer.transfer()
      for (let i = 0; i < 500; i++)
        if (String(db.getSync('key ' + i)) !== 'value ' + i) throw new Error('wrong value')
      await db.close()`,
      flags,
    )
    expect(ending).toEqual(clean('value 1 value 2\n'))
  })
})

describe('two workers on one path', () => {
  it('exclude each other, until the first one is gone', async () => {
    const ending = await runProgram(
      path,
      `${workerStarter()}
      const holder = startWorker(\`
        const db = await Database.open(path)
        await db.put('from', 'the first')
        ready()
        setInterval(() => {}, 1000)\`)
      await once(holder, 'message')
      const second = () => startWorker(\`
        try {
          const db = await Database.open(path)
          ready(await db.get('from'))
          await db.close()
        } catch (error) {
          ready(error.code + ' ' + (error.context.holderPid === process.pid) + ' ' + error.retryable)
        }\`)
      for (let i = 0; i < 2; i++) {
        const worker = second()
        // Both at once: of a worker that is done, one follows the other without a turn between.
        const [[answer]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')])
        console.log(answer)
        if (i === 0) await holder.terminate()
      }`,
    )
    expect(ending).toEqual(clean('BURROW_LOCKED true true\nthe first\n'))
  })

  it('take turns by retrying, and each finds what the others wrote', async () => {
    const ending = await runProgram(
      path,
      `${workerStarter()}
      const body = \`
        for (let turn = 0; turn < 5; ) {
          let db
          try {
            db = await Database.open(path, { memtableSize: 4096 })
          } catch (error) {
            if (error.code !== 'BURROW_LOCKED') throw error
            await new Promise((done) => setTimeout(done, 1))
            continue
          }
          const count = Number((await db.get('count')) ?? 0)
          await db.put('count', String(count + 1))
          await db.close()
          turn++
        }\`
      await Promise.all([1, 2, 3].map(() => once(startWorker(body), 'exit')))
      const db = await Database.open(path)
      console.log(await db.get('count'))
      await db.close()`,
    )
    expect(ending).toEqual(clean('15\n'))
  })
})

describe('process.exit', () => {
  const work = {
    'pending writes': `for (let i = 0; i < 500; i++) db.put('p' + i, 'v')`,
    'pending reads and scans': `
      for (let i = 0; i < 200; i++) { db.get('k' + i); db.getMany(['k1', 'k' + i]); db.entries().all(); db.keys().next(3) }`,
    'a flush': 'db.flush()',
    'a compaction': 'db.compact()',
    'an opening database': `Database.open(path + '-second')`,
    'a closing database': 'db.close()',
    'a closing database, a moment later': 'db.close(); await null; await null',
    'a checkpoint': `db.checkpoint(path + '-copy')`,
    'a batch that is being filled': `db.writeBatch().put('p', 'v'); db.snapshot(); db.entries().nextSync(5)`,
  }
  it.each(Object.entries(work))('with %s under way', async (_, start) => {
    const ending = await runProgram(
      path,
      `const db = await Database.open(path, { memtableSize: 65536, blockCacheSize: 0 })
      for (let i = 0; i < 2000; i++) db.putSync('k' + i, 'v'.repeat(200), { sync: false })
      ${start}
      process.exit(7)`,
    )
    expect(ending).toEqual({ ...clean(''), code: 7 })
    await expectKeys('k', 2000)
  })

  it('in the middle of what the event loop delivers', async () => {
    const ending = await runProgram(
      path,
      `const db = await Database.open(path, { memtableSize: 4096 })
      db.on('flush', () => process.exit(3))
      for (let i = 0; ; i++) await db.put('k' + i, 'v'.repeat(100), { sync: false })`,
    )
    expect(ending).toEqual({ ...clean(''), code: 3 })
    await (await Database.open(path)).close()
  })
})

describe('garbage', () => {
  it('of databases, iterators, snapshots and batches that nobody closed is collected', async () => {
    const ending = await runProgram(
      path,
      `const turn = () => new Promise((done) => setImmediate(done))
      const collected = new Set()
      const registry = new FinalizationRegistry((what) => collected.add(what))
      async function leak(round) {
        const db = await Database.open(path + round, { memtableSize: 65536, maxOpenIterators: 5 })
        for (let i = 0; i < 300; i++) db.putSync('k' + i, 'v'.repeat(300), { sync: false })
        await db.flush()
        const things = { db, iterator: db.entries(), snapshot: db.snapshot(), batch: db.writeBatch().put('a', 'b') }
        things.iterator.nextSync(3)
        things.pending = db.values({ reverse: true })
        await things.pending.next(10)
        await db.get('k1')
        for (const [name, thing] of Object.entries(things)) registry.register(thing, name + round)
      }
      for (let round = 0; round < 5; round++) await leak(round)
      for (let i = 0; i < 50 && collected.size < 25; i++) { gc(); await turn() }
      console.log(collected.size)
      // Its lock went with each of them.
      for (let round = 0; round < 5; round++) {
        const db = await Database.open(path + round)
        console.log((await db.keys().all()).length)
        await db.close()
      }`,
      ['--expose-gc'],
    )
    expect(ending).toEqual(clean(`25\n${'300\n'.repeat(5)}`))
  })

  it('of iterators and snapshots in a database that lives on frees what they held', async () => {
    const ending = await runProgram(
      path,
      `const turn = () => new Promise((done) => setImmediate(done))
      const db = await Database.open(path, { maxOpenIterators: 50 })
      for (let i = 0; i < 100; i++) db.putSync('k' + i, 'v', { sync: false })
      for (let round = 0; round < 20; round++) {
        for (let i = 0; i < 20; i++) { db.entries().nextSync(2); await db.keys().next(2); db.snapshot() }
        for (let i = 0; i < 20 && db.stats().iterators.live > 0; i++) { gc(); await turn() }
      }
      console.log(db.stats().iterators.live)
      await db.close()`,
      ['--expose-gc'],
    )
    expect(ending).toEqual(clean('0\n'))
  })
})

describe('child processes', () => {
  it('forked beside an open database are locked out, read beside it, and end by themselves', async () => {
    const script = join(folder, 'child.mjs')
    writeFileSync(
      script,
      `import { Database } from ${JSON.stringify(distFile('lib/index.js'))}
      const [path, parent] = process.argv.slice(2)
      const error = await Database.open(path).catch((error) => error)
      const reader = await Database.open(path, { readOnly: true })
      const value = await reader.get('k')
      const mine = await Database.open(path + '-' + process.pid)
      await mine.put('k', 'mine')
      process.send([error.code, error.context.holderPid === Number(parent), value])
      process.disconnect()`,
    )
    const ending = await runProgram(
      path,
      `import { fork } from 'node:child_process'
      import { once } from 'node:events'
      const db = await Database.open(path)
      await db.put('k', 'v')
      const writing = (async () => { for (let i = 0; i < 300; i++) await db.put('w' + i, 'v'.repeat(100)) })()
      const children = await Promise.all([1, 2, 3, 4].map(async () => {
        const child = fork(${JSON.stringify(script)}, [path, String(process.pid)], { execArgv: ['--no-warnings'] })
        const [answer] = await once(child, 'message')
        const [code, signal] = await once(child, 'exit')
        return [...answer, code, signal].join(' ')
      }))
      await writing
      console.log(children.join('\\n'))
      await db.close()`,
    )
    expect(ending).toEqual(clean('BURROW_LOCKED true v 0 \n'.repeat(4)))
    await expectKeys('w', 300)
  })

  it('that a shell runs do not inherit the lock', async () => {
    const ending = await runProgram(
      path,
      `import { spawn } from 'node:child_process'
      const db = await Database.open(path)
      const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
      child.unref()
      await db.put('k', 'v')
      console.log(child.pid)`,
    )
    expect(ending).toMatchObject({ code: 0, signal: null, stderr: '' })
    try {
      await expectKeys('k', 1)
    } finally {
      process.kill(Number(ending.stdout), 'SIGKILL')
    }
  })

  it('that are killed leave a lock that the next one takes', async () => {
    for (let round = 0; round < 3; round++) {
      const ending = await runProgram(
        path,
        `const db = await Database.open(path)
        await db.put('k${round}', 'v')
        db.put('pending', 'v')
        process.kill(process.pid, 'SIGKILL')
        setInterval(() => {}, 1000)`,
      )
      expect(ending).toEqual({ ...clean(''), code: null, signal: 'SIGKILL' })
    }
    await expectKeys('k', 3)
  })
})

describe('errors of the program', () => {
  it('in a listener are a warning, and the database goes on', async () => {
    const ending = await runProgram(
      path,
      `const [uncaught, warnings] = [[], []]
      process.on('uncaughtException', (error) => uncaught.push(error))
      process.on('warning', ({ message }) => warnings.push(message.includes('mine')))
      const db = await Database.open(path, { memtableSize: 4096 })
      db.on('flush', () => { throw new Error('mine') })
      for (let i = 0; i < 500; i++) await db.put('k' + i, 'v'.repeat(50), { sync: false })
      await db.flush()
      console.log((await db.keys().all()).length)
      await db.close()
      console.log(db.status, uncaught, warnings)`,
    )
    expect(ending).toEqual(clean('500\nclosed [] [ true ]\n'))
  })

  it('rejections that somebody handles are all there are', async () => {
    const ending = await runProgram(
      path,
      `const db = await Database.open(path, { memtableSize: 65536 })
      const results = []
      const settle = (promise) => results.push(promise.then(() => 'ok', (error) => error.code))
      for (let i = 0; i < 200; i++) {
        settle(db.put('k' + i, 'v'))
        settle(db.get('k' + i))
        settle(db.put('', 'v'))
        settle(db.entries().all())
      }
      settle(db.compact())
      settle(db.flush())
      const iterator = db.entries()
      settle(iterator.next(5))
      const closing = db.close()
      settle(db.put('late', 'v'))
      settle(db.get('late'))
      settle(iterator.next(5))
      await closing
      settle(db.flush())
      const codes = new Set(await Promise.all(results))
      console.log([...codes].sort().join())
      await new Promise((done) => setTimeout(done, 20))`,
    )
    expect(ending).toEqual(clean('BURROW_CLOSED,BURROW_INVALID_ARGUMENT,ok\n'))
  })
})

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])(
    '%s during close ends the process and loses nothing',
    async (signal) => {
      const ending = await runProgram(
        path,
        `const db = await Database.open(path, { memtableSize: 65536 })
      for (let i = 0; i < 3000; i++) db.putSync('k' + i, 'v'.repeat(200), { sync: false })
      db.compact().catch(() => {})
      db.close()
      process.kill(process.pid, '${signal}')`,
      )
      expect(ending).toEqual({ ...clean(''), code: null, signal })
      await expectKeys('k', 3000)
    },
  )

  it('SIGTERM handled by closing ends cleanly, however often it comes', async () => {
    const ending = await runProgram(
      path,
      `const db = await Database.open(path, { memtableSize: 65536 })
      let stopped = false
      process.on('SIGTERM', () => { stopped = true; db.close() })
      let written = 0
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 30)
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 31)
      while (!stopped) await db.put('k' + written++, 'v'.repeat(100), { sync: false }).catch((error) => {
        written--
        if (error.code !== 'BURROW_CLOSED') throw error
      })
      await db.close()
      const again = await Database.open(path)
      console.log(again.recovery.clean, (await again.keys({ prefix: 'k' }).all()).length === written)
      await again.close()`,
    )
    expect(ending).toEqual(clean('true true\n'))
  })
})
