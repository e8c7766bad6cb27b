import { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { describe, expect, test } from 'vitest'
import { DataGenerator, generate } from '../../lib/datagen.ts'

const MiB = 2 ** 20
const options = { seed: 11, compressRatio: 3, blockSize: 4096, dedupRatio: 2 } as const
const size = 5 * MiB + 123
const bytes = await generate(size, options)

const make = () => new DataGenerator({ size, ...options })

describe('the web stream', () => {
  test.each([1000, 4096, 65_537, MiB, 8 * MiB, undefined])('in chunks of %s bytes', async (chunkSize) => {
    using generator = make()
    const chunks: Uint8Array[] = []
    for await (const chunk of generator.stream({ chunkSize })) chunks.push(chunk)
    const length = chunkSize ?? MiB
    expect(chunks.slice(0, -1).every((chunk) => chunk.length === length)).toBe(true)
    expect(chunks).toHaveLength(Math.ceil(size / length))
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    expect(generator.done).toBe(true)
    expect(await buffer(generator.stream())).toHaveLength(0)
  })

  test('goes on where the generator is, and makes nothing that nobody asks for', async () => {
    using generator = make()
    generator.fillSync(Buffer.alloc(777))
    const reader = generator.stream({ chunkSize: 1000 }).getReader()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(generator.position).toBe(777)
    const { value } = await reader.read()
    expect(bytes.subarray(777, 1777).equals(value!)).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(generator.position).toBe(1777)
    generator.setSeed(12)
    expect(
      Buffer.from((await reader.read()).value!).equals(
        (await generate(size, { ...options, seed: 12 })).subarray(1777, 2777),
      ),
    ).toBe(true)
  })

  test("fills a BYOB reader's buffer in place", async () => {
    using generator = make()
    const reader = generator.stream({ chunkSize: 10 }).getReader({ mode: 'byob' })
    let memory = new ArrayBuffer(300_000)
    let at = 0
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(memory))
      if (done) break
      expect(value.length).toBe(Math.min(300_000, size - at))
      expect(bytes.subarray(at, at + value.length).equals(value)).toBe(true)
      at += value.length
      memory = value.buffer as ArrayBuffer
    }
    expect(at).toBe(size)
  })

  test('ends in order when it is cancelled during a fill', async () => {
    using generator = new DataGenerator({ size: 1024 * MiB })
    const reader = generator.stream({ chunkSize: 32 * MiB }).getReader()
    await new Promise((resolve) => setImmediate(resolve))
    const read = reader.read()
    expect(() => generator.reset()).toThrow('a fill of this generator is running')
    await reader.cancel()
    expect(await read).toEqual({ done: true, value: undefined })
    while (generator.position === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(generator.fillSync(Buffer.alloc(10))).toBe(10)
  })

  test('fails when another fill runs, or the generator is closed', async () => {
    using generator = new DataGenerator({ size: 1024 * MiB })
    const reader = generator.stream().getReader()
    const fill = generator.fill(Buffer.allocUnsafeSlow(32 * MiB))
    await expect(reader.read()).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
    await fill
    const late = generator.stream().getReader()
    generator.close()
    await expect(late.read()).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
  })
})

describe('the stream of Node', () => {
  test.each([1000, 65_537, MiB, undefined])('in chunks of %s bytes', async (chunkSize) => {
    using generator = make()
    expect((await buffer(generator.nodeStream({ chunkSize }))).equals(bytes)).toBe(true)
    expect(generator.done).toBe(true)
    expect(await buffer(generator.nodeStream())).toHaveLength(0)
  })

  test('makes one chunk ahead, not more', async () => {
    using generator = new DataGenerator({ size: 1024 * MiB })
    const stream = generator.nodeStream({ chunkSize: MiB })
    stream.read(0)
    await new Promise((resolve) => stream.once('readable', resolve))
    await new Promise((resolve) => setTimeout(resolve, 10))
    expect(generator.position).toBeLessThanOrEqual(2 * MiB)
    stream.destroy()
  })

  test('a consumer that fails ends it', async () => {
    using generator = make()
    const failing = new Writable({
      write(_chunk, _encoding, done) {
        done(new Error('full'))
      },
    })
    const stream = generator.nodeStream({ chunkSize: 4096 })
    await expect(pipeline(stream, failing)).rejects.toThrow('full')
    expect(stream.destroyed).toBe(true)
  })

  test('tells of a generator that was closed', async () => {
    const generator = make()
    const stream = generator.nodeStream()
    generator.close()
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
  })
})

test('chunk sizes that make no sense', () => {
  using generator = make()
  for (const chunkSize of [0, -1, 1.5, 2 ** 31, '1', null]) {
    const refused = expect.objectContaining({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining("'chunkSize'"),
    }) as Error
    expect(() => generator.stream({ chunkSize: chunkSize as number })).toThrow(refused)
    expect(() => generator.nodeStream({ chunkSize: chunkSize as number })).toThrow(refused)
  }
  expect(() => generator.stream({ size: 1 } as object)).toThrow(
    expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' }),
  )
})

test('streams of a gigabyte need the memory of some chunks', async () => {
  const total = 1024 * MiB
  const least = process.memoryUsage.rss()
  let most = 0
  for (const make of [
    (generator: DataGenerator) => generator.stream(),
    (generator: DataGenerator) => generator.nodeStream(),
  ]) {
    using generator = new DataGenerator({ size: total, seed: 1 })
    let seen = 0
    for await (const chunk of make(generator) as AsyncIterable<Uint8Array>) {
      seen += chunk.length
      most = Math.max(most, process.memoryUsage.rss())
    }
    expect(seen).toBe(total)
  }
  expect(most - least).toBeLessThan(256 * MiB)
})

test('a web stream becomes one of Node', async () => {
  using generator = make()
  expect((await buffer(Readable.fromWeb(generator.stream()))).equals(bytes)).toBe(true)
})
