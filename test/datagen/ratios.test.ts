/** The ratios that were asked for are there: under zlib (page_shape_test.cc has lz4 and zstd), and by hashing blocks. */
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DataGenerator, generate, measure } from '../../lib/datagen.ts'

const KiB = 1024
const MiB = 1024 * KiB
const ratios = [1, 1.1, 1.5, 2, 2.7, 3, 4, 5, 8, 10, 20]

const cases = (['zeros', 'backref'] as const).flatMap((pattern) =>
  ratios.map((compressRatio) => ({ pattern, compressRatio })),
)

test.each(cases)(
  '$pattern compresses by $compressRatio under zlib 6, wherever one looks',
  ({ compressRatio, pattern }) => {
    const seed = Math.floor(Math.random() * 2 ** 32)
    using generator = new DataGenerator({ size: 2 ** 40, compressRatio, pattern, seed })
    for (const [i, length] of [64 * KiB, 64 * KiB + 1, 150_001].entries()) {
      const offset = Math.floor(Math.random() * 2 ** 39) * 2 + 1
      const window = Buffer.alloc(length)
      generator.readAt(offset, window)
      const found = length / deflateRawSync(window, { level: 6 }).length
      const place = `${pattern} ${compressRatio}, seed ${seed}, window ${i} at ${offset}: ${found}`
      expect({ place, off: Math.abs(found / compressRatio - 1) <= 0.05 }).toEqual({ place, off: true })
    }
  },
)

test('every codec finds the ratio in data that has both, and text is text', async () => {
  const options = { size: 2 * MiB, seed: 21, dedupRatio: 2, blockSize: 64 * KiB } as const
  for (const pattern of ['zeros', 'backref', 'text'] as const) {
    using generator = new DataGenerator({ ...options, compressRatio: 2.7, pattern })
    const { compression, dedup } = await measure(generator.stream())
    expect(dedup.find(({ blockSize }) => blockSize === 64 * KiB)?.ratio).toBe(2)
    for (const codec of pattern === 'text'
      ? (['zstd1'] as const)
      : (['lz4', 'zstd1', 'zstd3', 'zlib6'] as const)) {
      const { max, min } = compression[codec]
      expect({ pattern, codec, found: [min! > 2.7 * 0.95, max! < 2.7 * 1.05] }).toEqual({
        pattern,
        codec,
        found: [true, true],
      })
    }
  }
  const text = (await generate(64 * KiB, { compressRatio: 4, pattern: 'text', seed: 1 })).toString('latin1')
  expect(text).toMatch(/^[\x20-\x7e\n]*$/)
  expect(text.match(/^\{"id":"\d{8}","name":"\w+/gm)!.length).toBeGreaterThan(10)
})

describe('dedup', () => {
  const key = (block: Uint8Array) => createHash('sha1').update(block).digest('base64')

  /** How often each block is there. */
  function copiesOf(data: Buffer, blockSize: number): Map<string, number> {
    const copies = new Map<string, number>()
    for (let at = 0; at + blockSize <= data.length; at += blockSize) {
      const hash = key(data.subarray(at, at + blockSize))
      copies.set(hash, (copies.get(hash) ?? 0) + 1)
    }
    return copies
  }

  test('one in so many blocks is unique, exactly, and copies are shared out evenly', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2000 }),
        fc.oneof(fc.constantFrom(...ratios, 2000, 1_000_000), fc.double({ min: 1, max: 40, noNaN: true })),
        fc.constantFrom(1, 2.7),
        async (blocks, dedupRatio, compressRatio) => {
          const blockSize = 4096
          const data = await generate(blocks * blockSize, {
            dedupRatio,
            compressRatio,
            blockSize,
            seed: blocks,
          })
          const copies = [...copiesOf(data, blockSize).values()]
          const unique = Math.min(blocks, Math.max(1, Math.round(blocks / dedupRatio)))
          expect(copies).toHaveLength(unique)
          expect(Math.min(...copies)).toBeGreaterThanOrEqual(Math.floor(blocks / unique))
          expect(Math.max(...copies)).toBeLessThanOrEqual(Math.ceil(blocks / unique))
        },
      ),
      { numRuns: 25 },
    )
  })

  test('2.7 means 2.7, also in the first of its groups of blocks', async () => {
    const data = await generate(64 * MiB, { dedupRatio: 2.7, blockSize: 4096, seed: 5 })
    expect(16_384 / copiesOf(data, 4096).size).toBeCloseTo(2.7, 3)
    // 8 MiB of blocks that differ.
    const blocks = Math.floor(2048 * 2.7)
    expect(blocks / copiesOf(data.subarray(0, blocks * 4096), 4096).size).toBeCloseTo(2.7, 2)
  })

  test('within the blocks that differ nothing repeats', async () => {
    const blockSize = 16 * KiB
    const data = await generate(4 * MiB, { dedupRatio: 4, blockSize, seed: 6 })
    expect(copiesOf(data, blockSize).size).toBe(64)
    // They are the first 64; at an offset that is no multiple of anything.
    const pieces = copiesOf(data.subarray(77, 64 * blockSize), 64)
    expect(pieces.size).toBe(Math.floor((64 * blockSize - 77) / 64))
    expect(copiesOf(await generate(4 * MiB, { seed: 6 }), 4096).size).toBe(1024)
  })
})
