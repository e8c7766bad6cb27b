import { describe, expect, test } from 'vitest'
import {
  createBuffers,
  DataGenerator,
  type DataGeneratorOptions,
  type FillTarget,
  generate,
  numaTopology,
  SlicePool,
  systemInfo,
} from '../../lib/datagen.ts'

const KiB = 1024
const MiB = 1024 * KiB
const options = {
  size: 3 * MiB + 777,
  seed: 42,
  dedupRatio: 1.5,
  compressRatio: 2,
  blockSize: 64 * KiB,
} as const

const invalid = (message: RegExp) => ({
  code: 'BURROW_INVALID_ARGUMENT',
  message: expect.stringMatching(message) as unknown,
})

/** The whole of it, read at once. */
function allOf(options: DataGeneratorOptions): Buffer {
  using generator = new DataGenerator(options)
  const bytes = Buffer.alloc(options.size)
  expect(generator.readAt(0, bytes)).toBe(options.size)
  return bytes
}

describe('the cursor', () => {
  test('goes to the end and stays there, and back with reset', async () => {
    using generator = new DataGenerator(options)
    expect(generator).toMatchObject({ size: options.size, position: 0, done: false, seed: 42n })
    const bytes = allOf(options)
    const buffer = Buffer.alloc(2 * MiB)
    expect(await generator.fill(buffer)).toBe(2 * MiB)
    expect(generator).toMatchObject({ position: 2 * MiB, done: false })
    expect(buffer.equals(bytes.subarray(0, 2 * MiB))).toBe(true)
    expect(generator.fillSync(buffer)).toBe(MiB + 777)
    expect(buffer.subarray(0, MiB + 777).equals(bytes.subarray(2 * MiB))).toBe(true)
    // What is behind the end was not touched.
    expect(buffer.subarray(MiB + 777).equals(bytes.subarray(MiB + 777, 2 * MiB))).toBe(true)
    expect(generator).toMatchObject({ position: options.size, done: true })
    expect([await generator.fill(buffer), generator.fillSync(buffer)]).toEqual([0, 0])
    generator.reset()
    expect(generator).toMatchObject({ position: 0, done: false })
    generator.fillSync(buffer)
    expect(buffer.equals(bytes.subarray(0, 2 * MiB))).toBe(true)
  })

  test('readAt moves nothing, ends where the data ends, and gives 0 behind', () => {
    using generator = new DataGenerator(options)
    const bytes = allOf(options)
    const buffer = Buffer.alloc(100, 0xee)
    expect(generator.readAt(options.size - 30, buffer)).toBe(30)
    expect(buffer.subarray(0, 30).equals(bytes.subarray(-30))).toBe(true)
    expect(buffer.subarray(30).every((byte) => byte === 0xee)).toBe(true)
    for (const behind of [options.size, options.size + 1, Number.MAX_SAFE_INTEGER]) {
      expect(generator.readAt(behind, buffer)).toBe(0)
    }
    expect(generator.position).toBe(0)
    for (const offset of [-1, 0.5, 2 ** 53, Number.NaN, '0', undefined]) {
      expect(() => generator.readAt(offset as number, buffer)).toThrow(
        expect.objectContaining({
          ...invalid(/from 0 to 9007199254740991/),
          context: expect.objectContaining({ option: 'offset' }),
        }),
      )
    }
  })

  test('a generator of no bytes is done', async () => {
    using generator = new DataGenerator({ size: 0 })
    expect(generator.done).toBe(true)
    expect(await generator.fill(Buffer.alloc(1))).toBe(0)
  })

  test('eight PiB can be read at its end', () => {
    using generator = new DataGenerator({ size: Number.MAX_SAFE_INTEGER, dedupRatio: 2.7, seed: 1 })
    const [a, b] = [Buffer.alloc(10_000), Buffer.alloc(5000)]
    const offset = Number.MAX_SAFE_INTEGER - 7000
    expect(generator.readAt(offset, a)).toBe(7000)
    expect(generator.readAt(offset + 2000, b)).toBe(5000)
    expect(b.equals(a.subarray(2000, 7000))).toBe(true)
  })
})

describe('setSeed', () => {
  test('changes the bytes from here on to those of the new seed at that offset: A-B-A-B', async () => {
    using generator = new DataGenerator(options)
    const [a, b] = [allOf({ ...options, seed: 1 }), allOf({ ...options, seed: 2n ** 64n - 1n })]
    const made = Buffer.alloc(options.size)
    const stripe = 100_003
    for (let at = 0, i = 0; at < options.size; at += stripe, i++) {
      generator.setSeed(i % 2 === 0 ? 1 : 2n ** 64n - 1n)
      const part = made.subarray(at, at + stripe)
      expect(i % 3 === 0 ? generator.fillSync(part) : await generator.fill(part)).toBe(part.length)
    }
    for (let at = 0, i = 0; at < options.size; at += stripe, i++) {
      const from = i % 2 === 0 ? a : b
      expect(made.subarray(at, at + stripe).equals(from.subarray(at, at + stripe))).toBe(true)
    }
  })

  test('refuses what is no seed and keeps the old one; without one takes another', () => {
    using generator = new DataGenerator(options)
    for (const seed of [-1, 1.5, 2n ** 64n, '1']) {
      expect(() => generator.setSeed(seed as number)).toThrow(expect.objectContaining(invalid(/'seed'/)))
    }
    expect(generator.seed).toBe(42n)
    generator.setSeed()
    const random = generator.seed
    expect(random).not.toBe(42n)
    const bytes = Buffer.alloc(1000)
    generator.fillSync(bytes)
    expect(bytes.equals(allOf({ ...options, seed: random }).subarray(0, 1000))).toBe(true)
    generator.reset()
    expect(generator.seed).toBe(random)
  })
})

describe('what can be filled', () => {
  const bytes = allOf(options)
  const memory = () => new ArrayBuffer(4096)
  const targets: [string, () => FillTarget][] = [
    ['a Buffer of the pool', () => Buffer.allocUnsafe(100)],
    ['a Uint8Array at an odd offset', () => new Uint8Array(memory(), 3, 1001)],
    ['a Float64Array', () => new Float64Array(memory(), 8, 100)],
    ['a DataView', () => new DataView(memory(), 5, 77)],
    ['an ArrayBuffer', memory],
    ['a SharedArrayBuffer', () => new SharedArrayBuffer(4096)],
    ['a view of a SharedArrayBuffer', () => new Uint16Array(new SharedArrayBuffer(4096), 2, 1000)],
    ['a large SharedArrayBuffer', () => new SharedArrayBuffer(MiB)],
    ['a large DataView', () => new DataView(new ArrayBuffer(MiB), 1)],
  ]
  test.each(targets)('%s', async (_, make) => {
    using generator = new DataGenerator(options)
    for (const call of [
      (target: FillTarget) => generator.readAt(0, target),
      (target: FillTarget) => generator.fillSync(target),
      (target: FillTarget) => generator.fill(target),
    ]) {
      const target = make()
      generator.reset()
      const written = await call(target)
      expect(written).toBe(target.byteLength)
      const view = ArrayBuffer.isView(target)
        ? Buffer.from(target.buffer as ArrayBuffer, target.byteOffset, written)
        : Buffer.from(target)
      expect(view.equals(bytes.subarray(0, written))).toBe(true)
    }
  })

  test('nothing outside of the view is written', () => {
    using generator = new DataGenerator(options)
    for (const [at, length] of [
      [1, 1],
      [7, 64],
      [63, 4097],
      [4095, 8192],
      [100, 300_001],
    ] as const) {
      const all = Buffer.alloc(at + length + 100, 0x5a)
      generator.readAt(12_345, all.subarray(at, at + length))
      expect(all.subarray(at, at + length).equals(bytes.subarray(12_345, 12_345 + length))).toBe(true)
      expect([...all.subarray(0, at), ...all.subarray(at + length)].every((byte) => byte === 0x5a)).toBe(true)
    }
  })

  test('what has no bytes, or is no buffer, is refused', async () => {
    using generator = new DataGenerator(options)
    const gone = Buffer.alloc(100)
    const goneView = new DataView(new ArrayBuffer(8))
    structuredClone([gone, goneView], { transfer: [gone.buffer, goneView.buffer] })
    for (const empty of [Buffer.alloc(0), new ArrayBuffer(0), gone, gone.buffer, goneView]) {
      const refused = invalid(/has no bytes.*at least 1 byte/)
      expect(() => generator.fillSync(empty)).toThrow(expect.objectContaining(refused))
      expect(() => generator.readAt(0, empty)).toThrow(expect.objectContaining(refused))
      await expect(generator.fill(empty)).rejects.toMatchObject(refused)
    }
    for (const nothing of [undefined, null, 'x', 7, [1, 2], {}, new Proxy(Buffer.alloc(8), {})]) {
      const refused = invalid(/must be a Buffer, another view, an ArrayBuffer or a SharedArrayBuffer/)
      expect(() => generator.fillSync(nothing as Buffer)).toThrow(expect.objectContaining(refused))
      await expect(generator.fill(nothing as Buffer)).rejects.toMatchObject(refused)
    }
    expect(generator.position).toBe(0)
  })

  test('memory that may shrink is not for other threads', async () => {
    using generator = new DataGenerator(options)
    const resizable = Reflect.construct(ArrayBuffer, [MiB, { maxByteLength: 2 * MiB }]) as ArrayBuffer
    await expect(generator.fill(resizable)).rejects.toMatchObject(invalid(/resizable.*use fillSync/))
    expect(generator.fillSync(resizable)).toBe(MiB)
    expect(Buffer.from(resizable).equals(bytes.subarray(0, MiB))).toBe(true)
  })
})

describe('a fill that runs', () => {
  const large = { size: 256 * MiB, seed: 5 } as const

  test('refuses everything that would get into its way, and lets readAt through', async () => {
    using generator = new DataGenerator(large)
    const buffer = Buffer.allocUnsafeSlow(32 * MiB)
    const running = generator.fill(buffer)
    const busy = expect.objectContaining(
      invalid(/a fill of this generator is running; await it first/),
    ) as Error
    expect(() => generator.fillSync(Buffer.alloc(10))).toThrow(busy)
    expect(() => generator.reset()).toThrow(busy)
    expect(() => generator.setSeed(1)).toThrow(busy)
    await expect(generator.fill(Buffer.alloc(10))).rejects.toEqual(busy)
    expect(generator.position).toBe(0)
    const meanwhile = Buffer.alloc(10_000)
    generator.readAt(31 * MiB, meanwhile)
    expect(await running).toBe(32 * MiB)
    expect(meanwhile.equals(buffer.subarray(31 * MiB, 31 * MiB + 10_000))).toBe(true)
    expect(generator.position).toBe(32 * MiB)
    generator.reset()
    expect(generator.fillSync(Buffer.alloc(10))).toBe(10)
  })

  test('leaves the event loop free', async () => {
    using generator = new DataGenerator(large)
    const buffer = Buffer.allocUnsafeSlow(large.size)
    let turns = 0
    let running = true
    const count = () => {
      turns++
      if (running) setImmediate(count)
    }
    setImmediate(count)
    const filled = generator.fill(buffer)
    expect(turns).toBe(0)
    expect(await filled).toBe(large.size)
    running = false
    expect(turns).toBeGreaterThan(10)
  })

  test('small fills one after the other let the event loop turn, too', async () => {
    using generator = new DataGenerator({ size: 16 * MiB })
    let turns = 0
    const timer = setInterval(() => turns++, 0)
    const immediate = () => {
      turns++
      setImmediate(immediate).unref()
    }
    setImmediate(immediate).unref()
    const buffer = Buffer.alloc(1000)
    while ((await generator.fill(buffer)) > 0);
    clearInterval(timer)
    expect(generator.done).toBe(true)
    expect(turns).toBeGreaterThan(5)
  })

  test('survives that its buffer is transferred away, and says so', async () => {
    using generator = new DataGenerator(large)
    const buffer = Buffer.allocUnsafeSlow(64 * MiB)
    const running = generator.fill(buffer)
    const moved = structuredClone(buffer.buffer, { transfer: [buffer.buffer] })
    await expect(running).rejects.toMatchObject(invalid(/transferred away while it was filled/))
    expect(moved.byteLength).toBe(64 * MiB)
    expect(generator.position).toBe(0)
    const after = Buffer.alloc(1000)
    expect(generator.fillSync(after)).toBe(1000)
  })

  test('keeps its buffer and its generator alive when nobody else does', async () => {
    const fills = Array.from({ length: 4 }, () => {
      const generator = new DataGenerator({ size: 16 * MiB, seed: 9 })
      return generator.fill(Buffer.allocUnsafeSlow(16 * MiB))
    })
    globalThis.gc?.()
    expect(await Promise.all(fills)).toEqual(Array(4).fill(16 * MiB))
  })

  test('is awaited by close', async () => {
    const generator = new DataGenerator(large)
    const buffer = Buffer.allocUnsafeSlow(32 * MiB)
    const running = generator.fill(buffer)
    generator.close()
    expect(await running).toBe(32 * MiB)
    expect(buffer.subarray(0, 1000).equals(allOf({ ...large, size: MiB }).subarray(0, 1000))).toBe(true)
  })
})

test('a closed generator refuses every call, and closing again is nothing', async () => {
  const generator = new DataGenerator(options)
  generator.close()
  generator.close()
  generator[Symbol.dispose]()
  const closed = expect.objectContaining({ code: 'BURROW_CLOSED' }) as Error
  const buffer = Buffer.alloc(10)
  expect(() => generator.fillSync(buffer)).toThrow(closed)
  expect(() => generator.readAt(0, buffer)).toThrow(closed)
  expect(() => generator.reset()).toThrow(closed)
  expect(() => generator.setSeed(1)).toThrow(closed)
  expect(() => generator.stream()).toThrow(closed)
  expect(() => generator.nodeStream()).toThrow(closed)
  await expect(generator.fill(buffer)).rejects.toEqual(closed)
  expect([generator.size, generator.position, generator.done]).toEqual([options.size, 0, false])
})

test('generators work in worker threads, also one that ends during a fill', async () => {
  const { Worker } = await import('node:worker_threads')
  const { distFile } = await import('../dist.ts')
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(${JSON.stringify(`file://${distFile('lib/datagen.js')}`)}).then(async ({ DataGenerator }) => {
      const generator = new DataGenerator(workerData.options)
      const buffer = new Uint8Array(workerData.options.size)
      if (workerData.leave) {
        generator.fill(buffer)
        parentPort.postMessage('leaving')
        process.exit(3)
      }
      await generator.fill(buffer)
      parentPort.postMessage(buffer, [buffer.buffer])
    })`
  const run = (workerData: object) =>
    new Promise<{ message: unknown; code: number }>((resolve, reject) => {
      let message: unknown
      new Worker(source, { eval: true, workerData })
        .on('message', (value) => (message = value))
        .on('error', reject)
        .on('exit', (code) => resolve({ message, code }))
    })
  const [whole, left] = await Promise.all([
    run({ options }),
    run({ options: { size: 64 * MiB }, leave: true }),
  ])
  expect(whole.code).toBe(0)
  expect(Buffer.from(whole.message as Uint8Array).equals(allOf(options))).toBe(true)
  expect(left.code).toBe(3)
})

describe('the faces around it', () => {
  test('generate makes the bytes of a generator', async () => {
    const { size, ...rest } = options
    const bytes = await generate(size, rest)
    expect(bytes.equals(allOf(options))).toBe(true)
    expect(await generate(0)).toHaveLength(0)
    expect((await generate(100)).equals(await generate(100))).toBe(false)
  })

  test('createBuffers makes buffers with memory of their own', () => {
    const buffers = createBuffers(3, 10_000)
    expect(buffers.map((buffer) => [buffer.length, buffer.byteOffset, buffer.buffer.byteLength])).toEqual(
      Array(3).fill([10_000, 0, 10_000]),
    )
    expect(new Set(buffers.map((buffer) => buffer.buffer)).size).toBe(3)
    expect(createBuffers(0, 1)).toEqual([])
    // Nothing touches them.
    const before = process.memoryUsage.rss()
    expect(createBuffers(8, 256 * MiB)).toHaveLength(8)
    expect(process.memoryUsage.rss() - before).toBeLessThan(512 * MiB)
  })

  test('a slice pool repeats itself late, and the same each time', () => {
    const pool = new SlicePool({ poolSize: MiB, sliceSize: 16 * KiB, seed: 3, compressRatio: 2 })
    const again = new SlicePool({ poolSize: MiB, sliceSize: 16 * KiB, seed: 3, compressRatio: 2 })
    const memory = allOf({ size: MiB, seed: 3, compressRatio: 2 })
    const starts = new Map<string, number>()
    // The first pass has 64 slices, the 31 that begin later have 63; then it begins again.
    const cycle = 64 + 31 * 63
    for (let i = 0; i < 2 * cycle; i++) {
      const slice = pool.take()
      expect(slice).toHaveLength(16 * KiB)
      expect(slice.equals(again.take())).toBe(true)
      if (i < cycle)
        expect(slice.equals(memory.subarray(slice.byteOffset, slice.byteOffset + slice.length))).toBe(true)
      const key = String(slice.byteOffset)
      const before = starts.get(key)
      if (before === undefined) starts.set(key, i)
      else expect(i).toBe(before + cycle)
    }
    expect(starts.size).toBe(cycle)
    const starts3: number[] = []
    for (const slice of new SlicePool({ sliceSize: 1, poolSize: 3 })) {
      starts3.push(slice.byteOffset)
      if (starts3.length === 7) break
    }
    expect(starts3).toEqual([0, 1, 2, 0, 1, 2, 0])
    const one = new SlicePool({ sliceSize: 1000, poolSize: 1000 })
    expect(one.take().equals(one.take())).toBe(true)
  })

  test('topology and system', () => {
    const { isUma, logicalCpus, nodes, physicalCores } = numaTopology()
    expect(nodes.length).toBeGreaterThan(0)
    expect(isUma).toBe(nodes.length === 1)
    for (const { cpus, distances, freeBytes, memoryBytes, node } of nodes) {
      expect(Number.isSafeInteger(node)).toBe(true)
      expect(freeBytes).toBeLessThanOrEqual(memoryBytes)
      expect([0, nodes.length]).toContain(distances.length)
      expect(cpus.length).toBeLessThanOrEqual(logicalCpus)
    }
    const info = systemInfo()
    expect(info).toMatchObject({ nodes: nodes.length, physicalCores, logicalCpus, isUma })
    expect(info.cpusAllowed).toBeGreaterThan(0)
    expect(info.cpusAllowed).toBeLessThanOrEqual(logicalCpus)
    expect(info.deployment).toMatch(isUma ? /^UMA: / : /^NUMA: /)
    expect(['avx512', 'avx2', 'neon', 'scalar']).toContain(info.simd)
  })
})
