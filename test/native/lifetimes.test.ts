// What happens when JavaScript lets go: each in a process of its own, since a mistake there is a crash.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { native } from '../../lib/native.ts'
import { configFor } from './open-engine.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const directories: string[] = []
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true })
})

function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'burrow-lifetimes-'))
  directories.push(directory)
  return directory
}

/** What every script begins with; `open` starts an engine on an empty directory. */
const prelude = `
  const addon = require(require('path').join(${JSON.stringify(root)}, 'node_modules/node-gyp-build'))(${JSON.stringify(root)})
  addon.setErrorFactory((info) => Object.assign(new Error(info.message), info))
  const format = { blockSize: 4096, bloomBitsPerKey: 10, codec: 'none', codecLevel: 0 }
  const scanAll = [2 | 4 | 8, undefined, undefined, Infinity, 0]
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  function wait(engine) {
    for (;;) {
      const completions = engine.takeCompletions()
      if (completions.length > 0) return completions
      engine.waitProgress(1000)
    }
  }
  function open(env, directory, onProgress = () => {}) {
    env.createDirs(directory)
    const engine = addon.openEngine(env, {
      ...${JSON.stringify({ ...configFor('/'), onProgress: undefined, databaseId: '0'.repeat(32), memtableSize: 1 << 26 })},
      directory, onProgress,
    })
    engine.submit({ id: 1, type: 'prepareWal', number: engine.newFileNumber(), allocate: 0 })
    wait(engine)
    engine.start(1, 1)
    return engine
  }
  /** Every kind of background work at once. */
  function keepBusy(engine) {
    for (let i = 0; i < 20000; i++) engine.putSS('key' + i, 'x'.repeat(100), 4)
    engine.submit({ id: 2, type: 'prepareWal', number: engine.newFileNumber(), allocate: 0 })
    wait(engine)
    const sealed = engine.rotate(2)
    engine.submit({ id: 3, type: 'flush', memtables: [sealed], targetFileSize: 1 << 16, format })
    engine.submit({ id: 4, type: 'manifestCreate', number: 90, records: [Buffer.alloc(100000)] })
    for (let i = 0; i < 100; i++) engine.submit({ id: 5, type: 'manifestAppend', record: Buffer.alloc(1000) })
    for (let i = 0; i < 1000; i++) engine.submitGet(i, 'key' + i)
    engine.fillScanAsync(engine.openScan(...scanAll), 5000, 1000, 1 << 20)
    for (let i = 0; i < 100; i++) engine.putSS('last' + i, 'x', 4)
    engine.syncWalAsync()
  }
`

function runScript(script: string, ...flags: string[]): string {
  const result = spawnSync(process.execPath, [...flags, '-e', `${prelude}\n${script}`], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  })
  expect({ status: result.status, signal: result.signal, stderr: result.stderr }).toEqual({
    status: 0,
    signal: null,
    stderr: '',
  })
  return result.stdout
}

function recordsOf(directory: string, wal: number): number {
  const name = join(directory, `${String(wal).padStart(6, '0')}.wal`)
  return native.readLog(native.posixEnv(), name, 'wal', wal).records.length
}

describe('garbage collection', () => {
  it('ends engines that nobody closed, in any order with their scans, locks and functions', () => {
    const out = runScript(
      `
      const env = addon.memoryEnv()
      let kept
      function leak(round) {
        const directory = '/db' + round
        env.createDirs(directory)
        const lock = env.lock(directory + '/LOCK')
        const engine = open(env, directory, () => lock)
        engine.putSS('a', 'x'.repeat(5000), 4)
        engine.setSlab(new ArrayBuffer(1))
        engine.getBytesS('a')
        engine.submitGet(1, 'a')
        const scan = engine.openScan(...scanAll)
        const { fillScan } = engine
        if (round % 3 === 0) engine.fillScanAsync(scan, 1, 1, 1)
        if (round === 7) kept = { get: engine.getStringS }
        if (round === 8) kept.fill = (buffer) => fillScan(scan, buffer, 1)
      }
      ;(async () => {
        for (let round = 0; round < 20; round++) leak(round)
        for (let i = 0; i < 20; i++) { gc(); await turn() }
        let free = 0
        for (let round = 0; round < 20; round++) {
          try { env.lock('/db' + round + '/LOCK').release(); free++ } catch (error) { if (error.code !== 3) throw error }
        }
        const buffer = Buffer.alloc(6000)
        console.log(free, kept.get('a').length, kept.fill(buffer))
        kept = undefined
        for (let i = 0; i < 20; i++) { gc(); await turn() }
        env.lock('/db7/LOCK')
        env.lock('/db8/LOCK')
      })()`,
      '--expose-gc',
    )
    expect(out).toBe('18 5000 1\n')
  })

  it('spares an engine that somebody waits for', () => {
    const out = runScript(
      `
      const env = addon.memoryEnv()
      function answer() {
        return new Promise((resolve) => {
          const engine = open(env, '/db', () => {
            for (const read of engine.takeReads()) {
              engine.unref()
              resolve(read.bytes.toString())
            }
          })
          engine.putSS('a', 'value', 0)
          engine.ref()
          setTimeout(() => { gc(); engineless(engine.submitGet) }, 50).unref()
          // From here on nothing but the engine itself knows the promise.
        })
      }
      function engineless(submitGet) { submitGet(1, 'a') }
      answer().then(console.log)
      for (let i = 0; i < 10; i++) gc()`,
      '--expose-gc',
    )
    expect(out).toBe('value\n')
  })

  it('of leaked scans is bounded', () => {
    const out = runScript(`
      const engine = open(addon.memoryEnv(), '/db')
      let opened = 0
      try { for (;;) { engine.openScan(...scanAll); opened++ } } catch (error) { console.log(opened, error.code) }`)
    expect(out).toBe('4 10\n')
  })
})

describe('the end of the process', () => {
  it('comes although a database is open', () => {
    runScript(`const engine = open(addon.memoryEnv(), '/db'); keepBusy(engine)`)
  })

  it.each([
    'process.exit(0)',
    'undefined',
    `process.on('uncaughtException', () => process.exit(0)); throw new Error('x')`,
  ])('by "%s" with jobs running keeps what was written', (end) => {
    const directory = newDirectory()
    runScript(`
        const env = addon.posixEnv()
        const lock = env.lock(${JSON.stringify(join(directory, 'LOCK'))})
        const engine = open(env, ${JSON.stringify(directory)})
        keepBusy(engine)
        ${end}`)
    expect(recordsOf(directory, 1)).toBe(20_000)
    expect(recordsOf(directory, 2)).toBe(100)
    native.posixEnv().lock(join(directory, 'LOCK')).release()
  })
})

describe('a worker', () => {
  const worker = (directory: string, body: string) => `
    const { Worker } = require('worker_threads')
    const code = ${JSON.stringify(prelude)} + ${JSON.stringify(body)}
    const directory = ${JSON.stringify(directory)}
    const start = () => new Worker(code, { eval: true, workerData: directory })
    const until = (target, event) => new Promise((resolve) => target.once(event, resolve))`

  const busy = `
    const { parentPort, workerData } = require('worker_threads')
    const env = addon.posixEnv()
    env.createDirs(workerData)
    const lock = env.lock(workerData + '/LOCK')
    const engine = open(env, workerData)
    keepBusy(engine)
    parentPort.postMessage('busy')
    for (let i = 0; ; i++) engine.putSS('more' + i % 1000, 'y', 4 + 8)`

  it('is terminated amid its work, and its directory can be opened again', () => {
    const directory = newDirectory()
    runScript(`${worker(directory, busy)}
      ;(async () => {
        for (let round = 0; round < 3; round++) {
          const worker = start()
          await until(worker, 'message')
          await worker.terminate()
          const lock = addon.posixEnv().lock(directory + '/LOCK')
          lock.release()
          require('fs').rmSync(directory, { recursive: true })
        }
      })()`)
  })

  it('works while the main thread exits', () => {
    const directory = newDirectory()
    runScript(`${worker(directory, busy)}
      const mine = open(addon.memoryEnv(), '/db')
      keepBusy(mine)
      start().once('message', () => process.exit(0))`)
    expect(recordsOf(directory, 1)).toBe(20_000)
    expect(recordsOf(directory, 2)).toBeGreaterThanOrEqual(100)
  })

  it('is one of several that load the addon, each with its own error factory', () => {
    const body = `
      const { parentPort, workerData, threadId } = require('worker_threads')
      addon.setErrorFactory((info) => new Error('worker ' + info.code))
      const engine = open(addon.memoryEnv(), '/db')
      try { engine.putSS('', '', 0) } catch (error) { parentPort.postMessage(error.message) }
      engine.close()`
    const out = runScript(`${worker('', body)}
      ;(async () => {
        const workers = [start(), start(), start()]
        const exits = workers.map((w) => until(w, 'exit'))
        console.log((await Promise.all(workers.map((w) => until(w, 'message')))).join())
        await Promise.all(exits)
        try { open(addon.memoryEnv(), '/db').putSS('', '', 0) } catch (error) { console.log(error.code) }
      })()`)
    expect(out).toBe('worker 6,worker 6,worker 6\n6\n')
  })
})
