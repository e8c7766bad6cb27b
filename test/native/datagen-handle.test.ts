/** What ends while the data generator's threads write into a buffer: generators, workers, processes. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { type DataGeneratorConfig, native } from '../../lib/native.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const config: DataGeneratorConfig = {
  size: 2 ** 40,
  seed: 7n,
  dedupRatio: 1,
  compressRatio: 2,
  pattern: 1,
  blockSize: 4 << 20,
  threads: 2,
  numaMode: 0,
  numaNode: -1,
}

/** Begins fills in a JavaScript environment of its own and goes on with `then`. */
const program = (then: string) => `
  const native = require('node-gyp-build')(${JSON.stringify(root)})
  const config = { size: 2 ** 40, seed: 7n, dedupRatio: 1, compressRatio: 2, pattern: 1, blockSize: 4 << 20,
    threads: 2, numaMode: 0, numaNode: -1 }
  const generators = [1, 2, 3].map(() => native.openDataGenerator(config))
  const fills = generators.map((generator) => generator.fill(0, new Uint8Array(32 << 20)))
  ${then}
`

test('fills of one generator and of others at once, closed on the way, give the bytes that readAt gives', async () => {
  const generators = [1n, 2n, 3n].map((seed) => native.openDataGenerator({ ...config, seed }))
  const views = generators.map(() => [new Uint8Array(3_000_001), new Uint8Array(100_000)] as const)
  const fills = generators.flatMap((generator, i) =>
    (views[i] ?? []).map((view, j) => generator.fill(j * 999, view)),
  )
  const expected = generators.map((generator) => {
    const view = new Uint8Array(3_000_001)
    expect(generator.readAt(0, view)).toBe(view.length)
    return view
  })
  for (const generator of generators) generator.close()
  expect(await Promise.all(fills)).toEqual([1, 2, 3].flatMap(() => [3_000_001, 100_000]))
  views.forEach(([large, small], i) => {
    const all = Buffer.from(expected[i]?.buffer ?? new ArrayBuffer(0))
    expect(all.equals(large)).toBe(true)
    expect(all.subarray(999, 100_999).equals(small)).toBe(true)
  })
  expect(() => generators[0]?.readAt(0, new Uint8Array(1))).toThrow(/closed/)
})

test('a worker that ends waits for the threads that write into its memory', async () => {
  for (const then of [
    'process.exit()',
    "require('node:worker_threads').parentPort.postMessage('begun')",
    "setImmediate(() => { throw new Error('on purpose') })",
  ]) {
    const worker = new Worker(program(then), { eval: true })
    worker.on('error', (error) => expect(error.message).toBe('on purpose'))
    worker.on('message', () => void worker.terminate())
    await new Promise((resolve) => worker.on('exit', resolve))
  }
})

test('a process ends while fills run, and stays for their answers when nothing else keeps it', () => {
  const run = (then: string) =>
    execFileSync(process.execPath, ['-e', program(then)], { cwd: root }).toString()
  expect(run('process.exit(0)')).toBe('')
  expect(run('Promise.all(fills).then((sizes) => console.log(sizes.join()))')).toBe(
    '33554432,33554432,33554432\n',
  )
})

test('arguments that make no sense are refused', () => {
  const wrong: [Partial<DataGeneratorConfig>, RegExp][] = [
    [{ size: -1 }, /size must be/],
    [{ seed: -1n }, /seed must be/],
    [{ seed: 2n ** 64n }, /seed must be/],
    [{ dedupRatio: 0.99 }, /dedupRatio must be/],
    [{ compressRatio: 101 }, /compressRatio must be/],
    [{ compressRatio: Number.NaN }, /compressRatio must be/],
    [{ blockSize: 5000 }, /blockSize must be/],
    [{ threads: -1 }, /threads must be/],
    [{ numaNode: 1000 }, /numaNode 1000 is not there/],
    [{ numaNode: 0, numaMode: 2 }, /numaNode needs/],
  ]
  for (const [change, message] of wrong) {
    expect(() => native.openDataGenerator({ ...config, ...change })).toThrow(message)
  }
  const generator = native.openDataGenerator(config)
  const view = new Uint8Array(8)
  for (const offset of [-1, 0.5, Number.NaN, 2 ** 53]) {
    expect(() => generator.readAt(offset, view)).toThrow(/offset must be/)
    expect(() => generator.fill(offset, view)).toThrow(/offset must be/)
  }
  structuredClone(view.buffer, { transfer: [view.buffer] })
  expect(generator.readAt(0, view)).toBe(0)
  generator.close()
})

test('the system says what there is', () => {
  const system = native.datagenSystem()
  expect(system.simdLevels).toContain('scalar')
  expect(system.simdLevels.at(-1)).toBe(system.simd)
  expect(system.cpusAllowed).toBeGreaterThan(0)
  const nowhere = native.datagenSystem('/nowhere')
  expect(nowhere.topologyKnown).toBe(false)
  expect(nowhere.nodes).toHaveLength(1)
})
