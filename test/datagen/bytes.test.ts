/** The bytes are a function of seed, options and offset: the same as docs/datagen.md says, however they are asked for. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { patterns } from '../../lib/datagen/pattern.ts'
import { DataGenerator, generate } from '../../lib/datagen.ts'
import { native } from '../../lib/native.ts'
import { type Parameters, Reference } from './reference.ts'

const KiB = 1024
const { simdLevels } = native.datagenSystem()

const ratio = (most: number) =>
  fc.oneof(
    fc.constantFrom(1, 1.1, 1.5, 2, 2.7, 3, 4, 5, 8, 10, 20, most),
    fc.double({ min: 1, max: most, noNaN: true }),
    // Where tables change, and next to 1.
    fc.constantFrom(1 + 2 ** -17, 1 + 2 ** -16, 1.19999, 1.2, 3.99999, 4.00001),
  )

const size = fc.oneof(
  fc.nat(200 * KiB),
  fc.constantFrom(1, 4095, 4096, 4097, 64 * KiB, 2 ** 31 + 5, 2 ** 40 + 777, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
)

const parameters: fc.Arbitrary<Parameters> = fc.record({
  size,
  seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  dedupRatio: ratio(1_000_000),
  compressRatio: ratio(100),
  pattern: fc.constantFrom(...patterns),
  blockSize: fc.oneof(
    fc.constantFrom(4096, 8192, 64 * KiB, 4096 * KiB, 32768 * KiB),
    fc.integer({ min: 1, max: 8192 }).map((pages) => pages * 4096),
  ),
})

/** An offset within the data, often near its end or the edge of a block. */
function offsetIn({ blockSize, size }: Parameters, at: number, near: number): number {
  const rough = Math.floor(at * size)
  const places = [rough, size - near, Math.floor(rough / blockSize) * blockSize - (near % 5000), near]
  return Math.max(0, Math.min(Number.MAX_SAFE_INTEGER, places[near % places.length]!))
}

test('random access gives the bytes that the document says', () => {
  const reads = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20_000), fc.integer({ min: 1, max: 20_000 })),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  fc.assert(
    fc.property(parameters, reads, fc.integer({ min: 1, max: 4 }), (parameters, reads, threads) => {
      const reference = new Reference(parameters)
      using generator = new DataGenerator({ ...parameters, threads })
      for (const [at, near, length] of reads) {
        const offset = offsetIn(parameters, at, near)
        const expected = offset >= parameters.size ? Buffer.alloc(0) : reference.read(offset, length)
        const made = Buffer.alloc(length)
        expect(generator.readAt(offset, made)).toBe(expected.length)
        expect(made.subarray(0, expected.length).equals(expected)).toBe(true)
      }
    }),
    { numRuns: 60 },
  )
})

test(`every kind of instructions gives them: ${simdLevels.join(', ')}`, () => {
  fc.assert(
    fc.property(
      parameters,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(20_000),
      (parameters, at, near) => {
        const offset = offsetIn(parameters, at, near)
        const expected =
          offset >= parameters.size ? Buffer.alloc(0) : new Reference(parameters).read(offset, 6000)
        const pattern = patterns.indexOf(parameters.pattern) as 0 | 1 | 2
        for (const simd of simdLevels) {
          const config = { ...parameters, pattern, threads: 1, numaMode: 0, numaNode: -1, simd } as const
          const generator = native.openDataGenerator(config)
          const made = Buffer.alloc(6000)
          expect([simd, generator.readAt(offset, made)]).toEqual([simd, expected.length])
          expect([simd, made.subarray(0, expected.length).equals(expected)]).toEqual([simd, true])
          generator.close()
        }
      },
    ),
    { numRuns: 25 },
  )
})

test('chunks of any size, by any face and number of threads, make up the same whole', async () => {
  const faces = fc.array(
    fc.tuple(
      fc.constantFrom('fill', 'fillSync', 'readAt', 'stream'),
      fc.integer({ min: 1, max: 1024 * KiB }),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  const small = parameters.map((each) => ({ ...each, size: (each.size % (3000 * KiB)) + 1 }))
  await fc.assert(
    fc.asyncProperty(small, faces, fc.integer({ min: 1, max: 5 }), async (parameters, faces, threads) => {
      const { size, ...rest } = parameters
      const whole = await generate(size, rest)
      const reference = new Reference(parameters)
      expect(whole.subarray(-4100).equals(reference.read(Math.max(0, size - 4100), 4100))).toBe(true)
      using generator = new DataGenerator({ ...parameters, threads })
      for (let i = 0; !generator.done; i++) {
        const [face, length] = faces[i % faces.length]!
        const { position } = generator
        const buffer = Buffer.alloc(length)
        let made = length
        if (face === 'fill') made = await generator.fill(buffer)
        if (face === 'fillSync') made = generator.fillSync(buffer)
        if (face === 'readAt') {
          made = generator.readAt(position, buffer)
          expect(generator.position).toBe(position)
          expect(generator.fillSync(Buffer.alloc(length))).toBe(made)
        }
        if (face === 'stream') {
          const { value } = await generator.stream({ chunkSize: length }).getReader().read()
          buffer.set(value!)
          made = value!.length
        }
        expect(generator.position).toBe(position + made)
        expect(buffer.subarray(0, made).equals(whole.subarray(position, position + made))).toBe(true)
      }
    }),
    { numRuns: 30 },
  )
})

test('large buffers, which go past the caches and to every thread, have them too', async () => {
  for (const [i, pattern] of patterns.entries()) {
    const parameters = {
      size: 24 * KiB * KiB + 5,
      seed: 3n,
      dedupRatio: 2.7,
      compressRatio: 1 + 1.7 * i,
      pattern,
      blockSize: 512 * KiB,
    }
    const reference = new Reference(parameters)
    const { size, ...rest } = parameters
    // One byte off the alignment of vectors.
    const buffer = Buffer.alloc(size + 1).subarray(1)
    using generator = new DataGenerator({ ...parameters, threads: 3 })
    expect(await generator.fill(buffer)).toBe(size)
    for (let at = 0; at < size; at += 1_234_567) {
      expect(buffer.subarray(at, at + 5000).equals(reference.read(at, 5000))).toBe(true)
    }
    expect(buffer.equals(await generate(size, { ...rest, threads: 1 }))).toBe(true)
  }
})
