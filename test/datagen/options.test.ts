import { constants } from 'node:buffer'
import { expect, test } from 'vitest'
import {
  createBuffers,
  DataGenerator,
  type DataGeneratorOptions,
  generate,
  numaTopology,
  SlicePool,
} from '../../lib/datagen.ts'

const invalid = (option: string, allowed: RegExp) =>
  expect.objectContaining({
    code: 'BURROW_INVALID_ARGUMENT',
    message: expect.stringMatching(new RegExp(`'${option}'.*${allowed.source}`)),
    context: expect.objectContaining({ option }),
  })

function failureOf(make: () => unknown): unknown {
  try {
    make()
  } catch (error) {
    return error
  }
  return undefined
}

const bad: [string, unknown[], RegExp][] = [
  ['size', [undefined, -1, 1.5, Number.NaN, 2 ** 53, '4096', 4096n, null], /from 0 to 9007199254740991/],
  ['dedupRatio', [0.99, -1, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001, '2', null], /from 1 to 1000000/],
  ['compressRatio', [0, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 100.5, '2', 2n], /from 1 to 100,/],
  ['pattern', ['ones', 1, null, 'Zeros'], /one of 'zeros', 'backref', 'text'/],
  ['seed', [-1, 0.5, 2 ** 53, Number.NaN, -1n, 2n ** 64n, '7', null], /2\^53 - 1.*2\^64 - 1/],
  [
    'blockSize',
    [0, 4095, 4097, 5000, 2 ** 25 + 4096, -4096, '4096', Number.NaN],
    /multiple of 4096 from 4096/,
  ],
  ['threads', [0, -1, 1.5, 1025, Number.POSITIVE_INFINITY, '2'], /whole number from 1 to 1024/],
  ['numa', ['on', true, 0], /one of 'auto', 'force', 'off'/],
  ['numaNode', [-1, 0.5, 4711, '0', null], /NUMA node of this machine: 0/],
]

test.each(bad)('%s out of its range is refused, with the range', (option, values, allowed) => {
  for (const value of values) {
    const options = { size: 100, [option]: value } as unknown as DataGeneratorOptions
    expect(failureOf(() => new DataGenerator(options))).toEqual(invalid(option, allowed))
  }
})

test('the ends of every range are taken', () => {
  const ends: Partial<DataGeneratorOptions>[] = [
    { size: 0 },
    { size: Number.MAX_SAFE_INTEGER },
    { dedupRatio: 1 },
    { dedupRatio: 1_000_000 },
    { compressRatio: 1 },
    { compressRatio: 100 },
    { seed: 0 },
    { seed: Number.MAX_SAFE_INTEGER },
    { seed: 0n },
    { seed: 2n ** 64n - 1n },
    { blockSize: 4096 },
    { blockSize: 2 ** 25 },
    { threads: 1 },
    { numa: 'force' },
    { numa: 'off' },
    { numaNode: numaTopology().nodes[0]!.node },
    { dedupRatio: undefined, seed: undefined, pattern: undefined },
  ]
  for (const options of ends) {
    using generator = new DataGenerator({ size: 4096, ...options })
    expect(generator.readAt(0, Buffer.alloc(10))).toBe(generator.size === 0 ? 0 : 10)
  }
})

test('options that are not known or contradict each other are refused', () => {
  const make = (options: unknown) => failureOf(() => new DataGenerator(options as DataGeneratorOptions))
  expect(make({ size: 1, dedup: 2 })).toMatchObject({ context: { option: 'dedup' } })
  expect(make({ size: 1, dedupratio: 2 })).toMatchObject({
    code: 'BURROW_INVALID_ARGUMENT',
    message: expect.stringContaining("did you mean 'dedupRatio'?"),
  })
  for (const options of [null, 7, 'x', [1]]) {
    expect(make(options)).toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
  }
  const { node } = numaTopology().nodes[0]!
  expect(make({ size: 1, numaNode: node, numa: 'off' })).toEqual(
    invalid('numaNode', /left out with numa 'off'/),
  )
})

test('seeds: a number and the bigint of it are one, and without one each generator has its own', () => {
  using a = new DataGenerator({ size: 64, seed: 7 })
  using b = new DataGenerator({ size: 64, seed: 7n })
  using c = new DataGenerator({ size: 64 })
  using d = new DataGenerator({ size: 64 })
  expect([a.seed, b.seed]).toEqual([7n, 7n])
  expect(c.seed).not.toBe(d.seed)
  const bytes = [a, b, c, d].map((generator) => {
    const buffer = Buffer.alloc(64)
    generator.fillSync(buffer)
    return buffer.toString('hex')
  })
  expect(bytes[0]).toBe(bytes[1])
  expect(new Set(bytes).size).toBe(3)
})

test('generate, createBuffers and SlicePool say what they take', async () => {
  await expect(generate(-1)).rejects.toMatchObject({
    code: 'BURROW_INVALID_ARGUMENT',
    context: { option: 'size' },
  })
  await expect(generate(2 ** 53 - 1)).rejects.toMatchObject({ context: { option: 'size' } })
  await expect(generate(1, { size: 2 } as object)).rejects.toMatchObject({ context: { option: 'size' } })
  await expect(generate(1, { dedupRatio: 0 })).rejects.toEqual(invalid('dedupRatio', /from 1/))
  for (const [count, size, option] of [
    [-1, 10, 'count'],
    [1.5, 10, 'count'],
    [2 ** 40, 10, 'count'],
    [1, 0, 'size'],
    [1, 2 ** 53, 'size'],
  ] as const) {
    expect(failureOf(() => createBuffers(count, size))).toEqual(invalid(option, /whole number from/))
  }
  expect(failureOf(() => new SlicePool({ sliceSize: 0 }))).toEqual(invalid('sliceSize', /from 1/))
  expect(failureOf(() => new SlicePool({ sliceSize: 100, poolSize: 99 }))).toEqual(
    invalid('poolSize', /from sliceSize \(100\)/),
  )
  expect(failureOf(() => new SlicePool({ blockSize: 4096 } as object))).toMatchObject({
    context: { option: 'blockSize' },
  })
})

test.skipIf(constants.MAX_LENGTH < 2 ** 50)(
  'memory that the system does not have is a clear error',
  async () => {
    await expect(generate(constants.MAX_LENGTH)).rejects.toMatchObject({
      code: 'BURROW_INVALID_ARGUMENT',
      message: expect.stringContaining('does not give'),
    })
  },
)
