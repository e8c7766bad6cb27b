import { createHash, randomBytes } from 'node:crypto'
import { openSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { ReadableStream } from 'node:stream/web'
import { Worker } from 'node:worker_threads'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type MeasureOptions, type MeasureReport, measure } from '../../lib/datagen/measure.ts'
import type { MeasureSource } from '../../lib/datagen/measure-source.ts'
import * as entry from '../../lib/datagen.ts'
import { native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'

const KiB = 1024
const MiB = 1024 * KiB

function countDifferent(bytes: Uint8Array, blockSize: number): { blocks: number; uniqueBlocks: number } {
  const seen = new Set<string>()
  let blocks = 0
  for (let at = 0; at < bytes.length; at += blockSize, blocks++) {
    seen.add(
      createHash('sha256')
        .update(bytes.subarray(at, at + blockSize))
        .digest('hex'),
    )
  }
  return { blocks, uniqueBlocks: seen.size }
}

/** Blocks of which `different` differ, in any order, and some bytes behind them. */
function repeating(blockSize: number, blocks: number, different: number): Buffer {
  const pool = Array.from({ length: different }, () => randomBytes(blockSize))
  const order = Array.from({ length: blocks }, (_, i) => pool[(i * 7) % different]!)
  return Buffer.concat([...order, randomBytes(777)])
}

/** Half of each 512 bytes is zeros. */
function halfZeros(size: number): Buffer {
  const bytes = randomBytes(size)
  for (let at = 0; at < size; at += 512) bytes.fill(0, at, Math.min(size, at + 256))
  return bytes
}

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

function hanging(first: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(first),
    pull: () => new Promise(() => {}),
  })
}

describe('dedup', () => {
  test('counts what a set of blocks holds, at every block size', async () => {
    const chunk = 10_000
    for (const [blockSize, blocks, different] of [
      [64 * KiB, 40, 10],
      [4 * KiB, 700, 300],
      [chunk, 100, 27],
      [512 * KiB, 9, 3],
    ] as const) {
      const bytes = repeating(blockSize, blocks, different)
      const { dedup, dedupRatio } = await measure(bytes, { chunk })
      const sizes = [4 * KiB, chunk, 16 * KiB, 64 * KiB, 256 * KiB, MiB, 4 * MiB]
      expect(dedup.map((found) => found.blockSize)).toEqual(sizes)
      for (const found of dedup) {
        const expected = countDifferent(bytes, found.blockSize)
        expect(found).toEqual({
          blockSize: found.blockSize,
          ...expected,
          ratio: expected.blocks / expected.uniqueBlocks,
          standardError: 0,
        })
      }
      expect(dedupRatio).toBe(dedup[1]!.ratio)
    }
  })

  test('a usual block size as the chunk is not listed twice', async () => {
    const { dedup, chunk, dedupRatio } = await measure(repeating(64 * KiB, 8, 2), { chunk: 64 * KiB })
    expect(dedup.map(({ blockSize }) => blockSize)).toEqual(
      [4, 16, 64, 256, 1024, 4096].map((size) => size * KiB),
    )
    expect({ chunk, dedupRatio }).toEqual({ chunk: 64 * KiB, dedupRatio: 9 / 3 })
  })

  test('beyond the limit it is an estimate within the error that it states', async () => {
    const measurement = native.openMeasurement({ window: 16 * MiB, blockSizes: [512], limit: 1024 })
    const bytes = randomBytes(8 * MiB)
    await measurement.add(bytes)
    await measurement.add(bytes)
    const { blockSize, blocks, standardError, uniqueBlocks } = measurement.finish().dedup[0]!
    expect({ blockSize, blocks }).toEqual({ blockSize: 512, blocks: 32 * KiB })
    expect(standardError).toBeGreaterThan(0)
    expect(standardError).toBeLessThan(0.05)
    expect(Math.abs(uniqueBlocks / (16 * KiB) - 1)).toBeLessThan(6 * standardError)
  })
})

describe('compression', () => {
  test('is what the codecs make of each window', async () => {
    const window = 32 * KiB
    const bytes = Buffer.concat([
      halfZeros(10 * window),
      Buffer.from('some text that repeats itself '.repeat(2000)),
      randomBytes(5 * window + 99),
    ])
    const { compression } = await measure(bytes, { window })
    const sizes: number[] = []
    for (let at = 0; at < bytes.length; at += window) {
      sizes.push(deflateSync(bytes.subarray(at, at + window), { level: 6 }).length)
    }
    const whole = sizes.slice(0, -1)
    const total = sizes.reduce((sum, one) => sum + one)
    expect(compression.zlib6).toEqual({
      ratio: bytes.length / total,
      min: window / Math.max(...whole),
      max: window / Math.min(...whole),
      windows: sizes.length,
      compressedBytes: total,
    })
    // What they make of each window is compared in C++.
    for (const codec of ['lz4', 'zstd1', 'zstd3'] as const) {
      const { compressedBytes, max, min, ratio, windows } = compression[codec]
      expect(windows).toBe(sizes.length)
      expect(ratio).toBe(bytes.length / compressedBytes)
      expect(Math.abs(ratio! / compression.zlib6.ratio! - 1)).toBeLessThan(0.05)
      expect(min).toBeLessThan(1)
      expect(max).toBeGreaterThan(20)
    }
  })

  test('tells ratios of 1, 2 and very many', async () => {
    const ratios = async (bytes: Buffer) =>
      Object.values((await measure(bytes)).compression).map(({ ratio }) => ratio!)
    for (const ratio of await ratios(randomBytes(MiB))) {
      expect(ratio).toBeGreaterThan(0.99)
      expect(ratio).toBeLessThan(1)
    }
    for (const ratio of await ratios(halfZeros(MiB))) {
      expect(ratio).toBeGreaterThan(1.9)
      expect(ratio).toBeLessThan(2)
    }
    for (const ratio of await ratios(Buffer.alloc(MiB))) expect(ratio).toBeGreaterThan(200)
  })

  test('min and max are of single windows', async () => {
    const { compression } = await measure(Buffer.concat([randomBytes(64 * KiB), Buffer.alloc(64 * KiB)]))
    for (const { max, min, ratio, windows } of Object.values(compression)) {
      expect(windows).toBe(2)
      expect(min).toBeLessThan(1)
      expect(max).toBeGreaterThan(200)
      expect(ratio).toBeGreaterThan(1.9)
      expect(ratio).toBeLessThan(2)
    }
  })
})

describe('sources', () => {
  test('the same bytes give the same report, wherever they come from', async () => {
    using folder = new TemporaryFolder()
    const bytes = Buffer.concat([repeating(16 * KiB, 200, 50), halfZeros(100_001)])
    writeFileSync(folder.join('file'), bytes)
    const shared = new SharedArrayBuffer(bytes.length)
    new Uint8Array(shared).set(bytes)
    const around = new Uint8Array(bytes.length + 24)
    around.set(bytes, 16)
    const sources: Record<string, MeasureSource> = {
      view: new DataView(around.buffer, 16, bytes.length),
      memory: new Uint8Array(bytes).buffer,
      shared,
      file: folder.join('file'),
      readable: Readable.from(inPieces(bytes, 99_991)),
      web: ReadableStream.from(inPieces(bytes, 65_537)) as ReadableStream<Uint8Array>,
      generator: inPieces(bytes, 3_000_000),
    }
    const options = { chunk: 5000, window: 30_000 }
    const expected = await measure(bytes, options)
    expect(expected.bytes).toBe(bytes.length)
    for (const [name, source] of Object.entries(sources)) {
      expect(await measure(source, options), name).toEqual(expected)
    }
  })

  test('nothing has no ratios', async () => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.join('empty'), '')
    for (const source of [Buffer.alloc(0), folder.join('empty'), Readable.from([]), new ArrayBuffer(0)]) {
      const { bytes, compression, dedup, dedupRatio } = await measure(source)
      expect({ bytes, dedupRatio }).toEqual({ bytes: 0, dedupRatio: null })
      for (const { blocks, ratio, uniqueBlocks } of dedup) {
        expect({ blocks, ratio, uniqueBlocks }).toEqual({ blocks: 0, ratio: null, uniqueBlocks: 0 })
      }
      const none = { ratio: null, min: null, max: null, windows: 0, compressedBytes: 0 }
      expect(compression).toEqual({ lz4: none, zstd1: none, zstd3: none, zlib6: none })
    }
  })

  test('a few bytes are one window and one block', async () => {
    const { compression, dedup } = await measure(Buffer.from('a'.repeat(300)))
    expect(dedup.every(({ blocks, ratio }) => blocks === 1 && ratio === 1)).toBe(true)
    for (const { compressedBytes, max, min, ratio } of Object.values(compression)) {
      expect(ratio).toBe(300 / compressedBytes)
      expect([min, max]).toEqual([ratio, ratio])
    }
  })

  test('a file is closed when it is measured', async () => {
    using folder = new TemporaryFolder()
    const free = openSync(tmpdir(), 'r')
    writeFileSync(folder.join('file'), 'x')
    for (let i = 0; i < 20; i++) await measure(folder.join('file'))
    expect(openSync(tmpdir(), 'r')).toBeLessThan(free + 10)
  })
})

describe('errors', () => {
  const failures: Record<string, [source: unknown, code: string, message: string, options?: unknown]> = {
    'a file that is not there': ['/nowhere/file', 'BURROW_IO', '/nowhere/file cannot be read'],
    'a directory': [tmpdir(), 'BURROW_INVALID_ARGUMENT', 'is a directory'],
    'an empty path': ['', 'BURROW_INVALID_ARGUMENT', 'not the path of a file'],
    'a path with a NUL': ['a\0b', 'BURROW_INVALID_ARGUMENT', 'not the path of a file'],
    'a number': [7, 'BURROW_INVALID_ARGUMENT', 'got 7'],
    null: [null, 'BURROW_INVALID_ARGUMENT', 'got null'],
    'an array': [[1], 'BURROW_INVALID_ARGUMENT', 'must be bytes'],
    'a stream of text': [Readable.from(['text']), 'BURROW_INVALID_ARGUMENT', "gave 'text'"],
    'an unknown option': ['', 'BURROW_INVALID_ARGUMENT', "'window'", { windows: 1 }],
    'a window of 0': ['', 'BURROW_INVALID_ARGUMENT', "'window' is 0", { window: 0 }],
    'a window of 1.5': ['', 'BURROW_INVALID_ARGUMENT', "'window' is 1000.5", { window: 1000.5 }],
    'a window that is too large': ['', 'BURROW_INVALID_ARGUMENT', '16777216', { window: 2 ** 30 }],
    'a chunk that is too small': ['', 'BURROW_INVALID_ARGUMENT', "'chunk' is 511", { chunk: 511 }],
    'a chunk that is text': ['', 'BURROW_INVALID_ARGUMENT', "'chunk' is '4096'", { chunk: '4096' }],
    'a signal that is none': ['', 'BURROW_INVALID_ARGUMENT', "'signal'", { signal: true }],
    'progress that is no function': ['', 'BURROW_INVALID_ARGUMENT', "'onProgress'", { onProgress: 1 }],
  }
  for (const [name, [source, code, message, options]] of Object.entries(failures)) {
    test(name, async () => {
      await expect(measure(source as MeasureSource, options as MeasureOptions)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(message),
      })
    })
  }

  test('a stream that fails', async () => {
    const cause = new Error('the network is gone')
    async function* failing() {
      yield randomBytes(3 * MiB)
      throw cause
    }
    for (const source of [failing(), Readable.from(failing()), ReadableStream.from(failing())]) {
      await expect(measure(source as MeasureSource)).rejects.toMatchObject({
        code: 'BURROW_IO',
        message: 'measure: the stream failed: the network is gone',
        cause,
      })
    }
  })

  test('a stream that somebody else reads, and memory that was transferred away', async () => {
    const locked = hanging(randomBytes(10))
    locked.getReader()
    await expect(measure(locked)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    const bytes = new Uint8Array(100)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
    await expect(measure(bytes)).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
  })

  test('giving up, before and while the source is silent', async () => {
    const reason = new Error('enough')
    await expect(measure(Buffer.alloc(9), { signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'BURROW_ABORTED',
      cause: reason,
    })
    const controller = new AbortController()
    const measured = measure(hanging(randomBytes(5 * MiB)), {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    })
    await expect(measured).rejects.toMatchObject({ code: 'BURROW_ABORTED', cause: reason })
  })

  test('a stream that is silent is ended when it is given up', async () => {
    const silent = new Readable({ read() {} })
    silent.push('some bytes')
    const signal = AbortSignal.timeout(20)
    await expect(measure(silent, { signal })).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    expect(silent.destroyed).toBe(true)
  })

  test('a stream that is given up is told', async () => {
    let told = false
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(randomBytes(MiB)),
      cancel: () => {
        told = true
      },
    })
    const signal = AbortSignal.timeout(20)
    await expect(measure(source, { signal })).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toBe(true)
  })
})

test('tells how far it is, and what its function throws ends it', async () => {
  const bytes = randomBytes(5 * MiB)
  const told: unknown[] = []
  await measure(bytes, { onProgress: (progress) => told.push(progress) })
  expect(told).toEqual([2, 4, 5].map((done) => ({ bytes: done * MiB, total: 5 * MiB })))
  const failure = new Error('stop')
  const options = {
    onProgress: () => {
      throw failure
    },
  }
  await expect(measure(Readable.from(inPieces(bytes, MiB)), options)).rejects.toBe(failure)
})

test('the event loop keeps turning', async () => {
  let turns = 0
  let measured: MeasureReport | undefined
  const done = measure(halfZeros(12 * MiB)).then((report) => {
    measured = report
  })
  while (measured === undefined) {
    turns++
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await done
  expect(turns).toBeGreaterThan(20)
})

test('a worker that ends in the middle takes nothing along', async () => {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     async function* endless() { for (;;) yield new Uint8Array(1 << 20) }
     import(${JSON.stringify(distFile('lib/datagen/measure.js'))}).then(({ measure }) =>
       measure(endless(), { onProgress: () => parentPort.postMessage('going') }))`,
    { eval: true },
  )
  await new Promise((resolve) => worker.once('message', resolve))
  expect(await worker.terminate()).toBe(1)
})

test('finds the ratios that a generator was asked for', async () => {
  using generator = new entry.DataGenerator({
    ...{ size: 6 * MiB, dedupRatio: 2.5, compressRatio: 3, blockSize: 4 * KiB, seed: 1 },
  })
  const { compression, dedupRatio } = await entry.measure(generator.stream(), { chunk: 4 * KiB })
  expect(Math.abs(dedupRatio! / 2.5 - 1)).toBeLessThan(0.001)
  for (const [codec, { max, min, ratio }] of Object.entries(compression)) {
    for (const found of [ratio, min, max]) {
      expect(Math.abs(found! / 3 - 1), `${codec} ${found}`).toBeLessThan(0.05)
    }
  }
})
