/**
 * The data generator from C++ and from JavaScript, in the same run as what it is held against: memset on the same buffer with
 * the same threads, and a plain loop over one xoshiro256++, which is how generators of its kind work.
 */
import { availableParallelism } from 'node:os'
import { type Spread, spread } from '../lib/bench/measure/statistics.ts'
import { systemInfo } from '../lib/datagen.ts'
import { formatBytes } from '../lib/util/units.ts'
import {
  chunkSizes,
  type DataKind,
  measureFill,
  measureFillSync,
  measureSlices,
  measureStream,
} from './datagen-measure.ts'
import type { BenchmarkRuns } from './guard/suite.ts'
import { buildNativeBench, runNativeBench } from './native-bench.ts'
import type { Curve } from './report/picture.ts'
import { digits, formatRate, type Table } from './report/tables.ts'

export interface DatagenOptions {
  readonly runs: number
  /** Of each figure and run. */
  readonly seconds: number
  /** A native_bench that is built already. */
  readonly harness: string | undefined
}

/** Bytes, or slices, a second by name. */
export type DatagenFigures = Readonly<Record<string, Spread>>

const KiB = 1024
const MiB = 1024 * KiB
const large = 64 * MiB
/** What dgen-rs makes for every call, whatever part of it is asked for. */
const dgenBlock = 4 * MiB

const kinds: readonly (readonly [string, DataKind])[] = [
  ['plain', {}],
  ['compress 2, zeros', { compressRatio: 2, pattern: 'zeros' }],
  ['compress 2, backref', { compressRatio: 2, pattern: 'backref' }],
  ['compress 2, text', { compressRatio: 2, pattern: 'text' }],
  ['dedup 2', { dedupRatio: 2 }],
]
const threadCounts = [...new Set([1, availableParallelism()])]
const faces = ['stream', 'nodeStream'] as const
const streamChunks = [MiB, 32 * MiB]

type Samples = Map<string, number>

function measureNative(binary: string, seconds: number, samples: Samples): void {
  const run = (benchmarks: string, flags: Readonly<Record<string, string | number>>) => {
    const [result] = runNativeBench(binary, { benchmarks, seconds, ...flags })
    return result!.bytes / result!.seconds
  }
  samples.set('scalar loop', run('xoshiro_scalar', { chunk: large }))
  for (const threads of threadCounts) {
    samples.set(`memset ${threads}`, run('memset', { threads, chunk: large }))
    for (const [name, { compressRatio = 1, dedupRatio = 1, pattern = 'zeros' }] of kinds) {
      const flags = { threads, chunk: large, ratio: compressRatio, dedup: dedupRatio, pattern }
      samples.set(`native ${name} ${threads}`, run('datagen', flags))
    }
  }
  for (const chunk of chunkSizes) {
    samples.set(`native chunk ${chunk}`, run('datagen', { threads: availableParallelism(), chunk }))
  }
}

async function measureJavaScript(seconds: number, samples: Samples): Promise<void> {
  for (const threads of threadCounts) {
    for (const [name, kind] of kinds) {
      samples.set(`fill ${name} ${threads}`, await measureFill(large, { ...kind, threads }, seconds))
    }
  }
  for (const chunk of chunkSizes) {
    samples.set(`fillSync chunk ${chunk}`, await measureFillSync(chunk, {}, seconds))
    samples.set(`fill chunk ${chunk}`, await measureFill(chunk, {}, seconds))
  }
  for (const face of faces) {
    for (const chunk of streamChunks)
      samples.set(`${face} ${chunk}`, await measureStream(face, chunk, seconds))
  }
  samples.set('slices', await measureSlices(seconds))
}

async function sampleRuns({ harness, runs, seconds }: DatagenOptions): Promise<Map<string, number[]>> {
  const binary = harness ?? buildNativeBench()
  const measured: Samples[] = []
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs}: data generator`)
    const samples: Samples = new Map()
    measureNative(binary, seconds, samples)
    await measureJavaScript(seconds, samples)
    measured.push(samples)
  }
  const names = [...measured[0]!.keys()]
  return new Map(names.map((name) => [name, measured.map((run) => run.get(name)!)]))
}

/** Every figure, over all runs. */
export async function measureDatagen(options: DatagenOptions): Promise<DatagenFigures> {
  const samples = await sampleRuns(options)
  return Object.fromEntries([...samples].map(([name, speeds]) => [name, spread(speeds)]))
}

/** The same for the guard: MiB (of slices: slices) a second, with memset by as many threads beside them. */
export async function guardDatagen(options: DatagenOptions): Promise<BenchmarkRuns[]> {
  const samples = await sampleRuns(options)
  const inMiB = (speeds: readonly number[]) => speeds.map((speed) => speed / MiB)
  const ours = [...samples].filter(([name]) => name !== 'scalar loop' && !name.startsWith('memset'))
  return ours.map(([benchmark, speeds]) => {
    const memset = samples.get(`memset ${/ (\d+)$/.exec(benchmark)?.[1]}`)
    return {
      benchmark,
      opsPerSecond: benchmark === 'slices' ? speeds : inMiB(speeds),
      ...(memset === undefined ? {} : { rivals: { memset: inMiB(memset) } }),
    }
  })
}

function of(figures: DatagenFigures, name: string): number {
  const figure = figures[name]
  if (figure === undefined) throw new Error(`nothing was measured as '${name}'`)
  return figure.median
}

/**
 * What the development guide of dgen-rs says of its stream, with the loop that was measured here: a call costs whole
 * blocks of 4 MiB, on one thread up to two of them.
 */
function dgenRate(figures: DatagenFigures, chunk: number): number {
  const blocks = Math.ceil(chunk / dgenBlock)
  const threads = Math.min(blocks, availableParallelism())
  return of(figures, 'scalar loop') * threads * (chunk / (blocks * dgenBlock))
}

function gigabytes(bytesPerSecond: number): string {
  return bytesPerSecond < 1e8
    ? `${digits(bytesPerSecond / 1e6)} MB/s`
    : `${digits(bytesPerSecond / 1e9)} GB/s`
}

/** Lines that say how the figures stand to each other. */
export function verdicts(figures: DatagenFigures): string[] {
  const all = availableParallelism()
  const ratio = (a: string, b: string) => (of(figures, a) / of(figures, b)).toFixed(2)
  return [
    `${systemInfo().simd}; all threads (${all}) to memset: ${ratio(`native plain ${all}`, `memset ${all}`)} from C++, ${ratio(`fill plain ${all}`, `memset ${all}`)} from JavaScript`,
    `one thread to the scalar loop: ${ratio('native plain 1', 'scalar loop')} from C++, ${ratio('fill plain 1', 'scalar loop')} from JavaScript`,
    ...kinds.slice(1).map(([name]) => {
      return `${name} to plain, all threads: ${ratio(`native ${name} ${all}`, `native plain ${all}`)}`
    }),
  ]
}

export function datagenTables(figures: DatagenFigures): Table[] {
  const row = (label: string, name: string) => [
    label,
    ...threadCounts.map((threads) => gigabytes(of(figures, `${name} ${threads}`))),
  ]
  const lone = gigabytes(of(figures, 'scalar loop'))
  return [
    {
      title: `Buffers of ${formatBytes(large)}`,
      lines: [
        ['', ...threadCounts.map((threads) => (threads === 1 ? '1 thread' : `${threads} threads`))],
        row('memset', 'memset'),
        ['scalar xoshiro256++', ...threadCounts.map((threads) => (threads === 1 ? lone : ''))],
        ...kinds.map(([name]) => row(`C++, ${name}`, `native ${name}`)),
        ...kinds.map(([name]) => row(`fill, ${name}`, `fill ${name}`)),
      ],
    },
    {
      title: 'By size of the buffer, all threads',
      lines: [
        ['bytes a call', 'C++', 'fillSync', 'fill', 'dgen-rs, as documented'],
        ...chunkSizes.map((chunk) => [
          formatBytes(chunk),
          ...['native', 'fillSync', 'fill'].map((name) => gigabytes(of(figures, `${name} chunk ${chunk}`))),
          gigabytes(dgenRate(figures, chunk)),
        ]),
      ],
    },
    {
      title: 'Streams and slices',
      lines: [
        ['', 'a second'],
        ...faces.flatMap((face) =>
          streamChunks.map((chunk) => [
            `${face}, chunks of ${formatBytes(chunk)}`,
            gigabytes(of(figures, `${face} ${chunk}`)),
          ]),
        ),
        ['slices of 16 KiB', formatRate(of(figures, 'slices'))],
      ],
    },
  ]
}

/** Gigabytes a second by bytes a call. */
export function datagenCurves(figures: DatagenFigures): Curve[] {
  const points = (rate: (chunk: number) => number) =>
    chunkSizes.map((chunk) => [chunk, rate(chunk) / 1e9] as const)
  const measured = (name: string) => points((chunk) => of(figures, `${name} chunk ${chunk}`))
  const memset = of(figures, `memset ${availableParallelism()}`)
  return [
    { name: 'C++', points: measured('native') },
    { name: 'fillSync', points: measured('fillSync') },
    { name: 'fill', points: measured('fill') },
    { name: 'memset, 64 MiB', points: points(() => memset), dashed: true },
    { name: 'dgen-rs, as documented', points: points((chunk) => dgenRate(figures, chunk)), dashed: true },
  ]
}
