import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { isBurrowError } from '../../lib/base/errors.ts'
import { type WriteBenchmarkOptions, writeBenchmark } from '../../lib/datagen.ts'
import { native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'

const KiB = 1024
const MiB = 1024 * KiB
const linux = process.platform === 'linux'

/** What a DataGenerator with these options makes. */
function generated({ size, ...data }: { size: number; seed: bigint } & Record<string, unknown>): Buffer {
  const generator = native.openDataGenerator({
    ...{ dedupRatio: 1, compressRatio: 1, pattern: 0, blockSize: 4 * MiB },
    ...{ threads: 1, numaMode: 2, numaNode: -1 },
    ...{ ...data, size },
  })
  const bytes = Buffer.alloc(size)
  generator.readAt(0, bytes)
  generator.close()
  return bytes
}

test('writes the bytes that a generator makes, each once', async () => {
  using folder = new TemporaryFolder()
  for (const [name, options] of Object.entries({
    one: { size: 1 },
    plain: { size: 3 * MiB + 77, writers: 3, producers: 2, writeSize: 5000 },
    shaped: { size: 2 * MiB, compressRatio: 3, dedupRatio: 2, blockSize: 64 * KiB, buffers: 1 },
    short: { size: 1000, writers: 8, writeSize: 64 * KiB },
  })) {
    const path = folder.join(name)
    const report = await writeBenchmark({ path, seed: 11, keep: true, ...options })
    const { size } = options
    const data = Object.fromEntries(Object.entries(options).filter(([key]) => /Ratio|blockSize/.test(key)))
    expect(readFileSync(path).equals(generated({ size, seed: 11n, ...data })), name).toBe(true)
    const { writeSize = MiB } = options as { writeSize?: number }
    expect(report).toMatchObject({
      path,
      bytes: size,
      writes: Math.ceil(size / writeSize),
      writeSize,
      kept: true,
    })
  }
})

test('past the page cache it writes the same, up to any size', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('file')
  try {
    const size = MiB + 1
    const report = await writeBenchmark({
      path,
      size,
      seed: 5,
      direct: true,
      writeSize: 64 * KiB,
      keep: true,
    })
    expect(report.direct).toBe(true)
    expect(readFileSync(path).equals(generated({ size, seed: 5n }))).toBe(true)
  } catch (error) {
    // The file system of the temporary directory may be one that cannot.
    if (!isBurrowError(error) || error.code !== 'BURROW_UNSUPPORTED') throw error
    expect(readdirSync(folder.path)).toEqual([])
  }
})

test('tells what it measured', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('file')
  const told: number[] = []
  const size = 8 * MiB
  const report = await writeBenchmark({
    path,
    size,
    writers: 2,
    producers: 1,
    sync: true,
    onProgress: ({ bytes, total }) => {
      expect(total).toBe(size)
      told.push(bytes)
    },
  })
  expect(told.at(-1)).toBe(size)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
  expect(existsSync(path)).toBe(false)
  const { device, latency, producers, seconds, writers } = report
  expect(report).toMatchObject({ bytes: size, writes: 8, buffers: 6, direct: false, kept: false })
  expect(report.bytesPerSecond).toBeCloseTo(size / seconds, 3)
  expect(report.durableBytesPerSecond).toBeCloseTo(size / (seconds + report.syncSeconds!), 3)
  expect(report.syncSeconds).toBeGreaterThan(0)
  expect(device.seconds).toBeLessThanOrEqual(seconds)
  expect(device.bytesPerSecond).toBeCloseTo(size / device.seconds, 3)
  expect({ producers: producers.threads, writers: writers.threads }).toEqual({ producers: 1, writers: 2 })
  for (const side of [producers, writers]) {
    expect(side.waiting).toBeGreaterThanOrEqual(0)
    expect(side.waiting).toBeLessThanOrEqual(1)
    expect(side.bytesPerSecond).toBeGreaterThan(0)
  }
  const { max, mean, min, p50, p90, p99, p999 } = latency
  const ordered = [min, p50, p90, p99, p999, max]
  expect(ordered).toEqual(ordered.toSorted((a, b) => a - b))
  expect(min).toBeGreaterThan(0)
  expect(mean).toBeGreaterThanOrEqual(min)
  expect(mean).toBeLessThanOrEqual(max)
  expect(['generator', 'device', 'queue', 'balanced']).toContain(report.bottleneck)
})

test('without sync nothing is said of it', async () => {
  using folder = new TemporaryFolder()
  const report = await writeBenchmark({ path: folder.join('file'), size: 100 })
  expect(report).toMatchObject({ syncSeconds: null, durableBytesPerSecond: null })
})

describe('errors', () => {
  test('what is there is left alone without force', async () => {
    using folder = new TemporaryFolder()
    const path = folder.join('file')
    writeFileSync(path, 'precious')
    await expect(writeBenchmark({ path, size: 10 })).rejects.toMatchObject({ code: 'BURROW_EXISTS' })
    expect(readFileSync(path, 'utf8')).toBe('precious')
    await writeBenchmark({ path, size: 3, force: true, keep: true })
    expect(statSync(path).size).toBe(3)
    await writeBenchmark({ path, size: 3, force: true })
    expect(existsSync(path)).toBe(false)
  })

  test('directories, and files in what is not there', async () => {
    using folder = new TemporaryFolder()
    mkdirSync(folder.join('directory'))
    await expect(
      writeBenchmark({ path: folder.join('directory'), size: 1, force: true }),
    ).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining('is a directory'),
    })
    await expect(writeBenchmark({ path: folder.join('no/file'), size: 1 })).rejects.toMatchObject({
      code: 'BURROW_IO',
      message: expect.stringContaining('No such file or directory'),
    })
  })

  test.runIf(linux)('a full device', async () => {
    await expect(
      writeBenchmark({ path: '/dev/full', size: MiB, force: true, writers: 4 }),
    ).rejects.toMatchObject({ code: 'BURROW_NO_SPACE', context: { file: '/dev/full' } })
    expect(existsSync('/dev/full')).toBe(true)
  })

  test.runIf(linux)('a device that cannot do direct writes', async () => {
    await expect(
      writeBenchmark({ path: '/dev/null', size: MiB, force: true, direct: true }),
    ).rejects.toMatchObject({ code: 'BURROW_UNSUPPORTED', message: expect.stringContaining('O_DIRECT') })
  })

  test('giving up removes the file, unless it is to be kept', async () => {
    using folder = new TemporaryFolder()
    const path = folder.join('file')
    const reason = new Error('enough')
    for (const keep of [false, true]) {
      const controller = new AbortController()
      const options = { path, size: 2 ** 40, signal: controller.signal, keep, writeSize: 4 * KiB }
      const onProgress = ({ bytes }: { bytes: number }) => bytes > 0 && controller.abort(reason)
      await expect(writeBenchmark({ ...options, onProgress })).rejects.toMatchObject({
        code: 'BURROW_ABORTED',
        cause: reason,
      })
      expect(existsSync(path)).toBe(keep)
    }
    expect(statSync(path).size).toBeGreaterThan(0)
    await expect(writeBenchmark({ path, size: 1, signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'BURROW_ABORTED',
    })
  })

  test('what the progress function throws ends it', async () => {
    using folder = new TemporaryFolder()
    const failure = new Error('stop')
    const onProgress = () => {
      throw failure
    }
    const path = folder.join('file')
    await expect(writeBenchmark({ path, size: 2 ** 40, onProgress, writeSize: 512 })).rejects.toBe(failure)
    expect(existsSync(path)).toBe(false)
  })

  const path = `${tmpdir()}/burrow-never-made`
  const bad: [options: unknown, message: string][] = [
    [undefined, 'options must be an object'],
    [{ size: 1 }, "'path'"],
    [{ path: '', size: 1 }, "'path'"],
    [{ path: 'a\0b', size: 1 }, "'path'"],
    [{ path }, "'size' is undefined; it must be a whole number from 1"],
    [{ path, size: 0 }, "'size' is 0"],
    [{ path, size: -1 }, "'size' is -1"],
    [{ path, size: 1.5 }, "'size' is 1.5"],
    [{ path, size: 1, writers: 0 }, "'writers' is 0"],
    [{ path, size: 1, writers: 257 }, "'writers' is 257"],
    [{ path, size: 1, producers: 0 }, "'producers' is 0"],
    [{ path, size: 1, writeSize: 100 }, "'writeSize' is 100"],
    [{ path, size: 1, writeSize: 5000, direct: true }, 'multiple of 4096'],
    [{ path, size: 1, buffers: 0 }, "'buffers' is 0"],
    [{ path, size: 1, buffers: 4096, writeSize: 64 * MiB }, 'at most 64'],
    [{ path, size: 1, direct: 1 }, "'direct' is 1"],
    [{ path, size: 1, dedupRatio: 0.5 }, "'dedupRatio' is 0.5"],
    [{ path, size: 1, compressRatio: Number.NaN }, "'compressRatio' is NaN"],
    [{ path, size: 1, writer: 1 }, "did you mean 'writers'"],
    [{ path, size: 1, signal: 1 }, "'signal'"],
    [{ path, size: 1, onProgress: 1 }, "'onProgress'"],
  ]
  for (const [options, message] of bad) {
    test(message, async () => {
      await expect(writeBenchmark(options as WriteBenchmarkOptions)).rejects.toMatchObject({
        code: 'BURROW_INVALID_ARGUMENT',
        message: expect.stringContaining(message),
      })
      expect(existsSync(path)).toBe(false)
    })
  }
})

test('a worker that ends in the middle leaves no file and no thread', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('file')
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
     import(${JSON.stringify(distFile('lib/datagen/write-bench.js'))}).then(({ writeBenchmark }) =>
       writeBenchmark({ path: ${JSON.stringify(path)}, size: 2 ** 40, writeSize: 4096,
                        onProgress: ({ bytes }) => { if (bytes > 0) parentPort.postMessage('going') } }))`,
    { eval: true },
  )
  await new Promise((resolve) => worker.once('message', resolve))
  expect(existsSync(path)).toBe(true)
  expect(await worker.terminate()).toBe(1)
  expect(existsSync(path)).toBe(false)
})
