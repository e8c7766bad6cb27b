/** What crossing from JavaScript into C++ costs: the native harness and the JavaScript API on the same tables. */
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spread } from '../lib/bench/measure/statistics.ts'
import {
  batchSize,
  type Cost,
  fillsOf,
  medianCost,
  type Parts,
  reads,
  settings,
  valueSize,
} from './boundary-child.ts'
import { buildNativeBench, type NativeResult, runNativeBench } from './native-bench.ts'
import { formatColumns } from './report/tables.ts'

export interface BoundaryOptions {
  /** Records; they fit into one memtable and into the cache, so that neither the disk nor a flush is measured. */
  readonly num: number
  readonly runs: number
  readonly dir: string
  /** A native_bench that is built already. */
  readonly harness: string | undefined
}

function costsOf(results: readonly NativeResult[], name: string): Cost[] {
  return results
    .filter((result) => result.name === name)
    .map(({ cpu_seconds, ops, seconds }) => ({ wall: (seconds * 1e9) / ops, cpu: (cpu_seconds * 1e9) / ops }))
}

/** The last result of that name: earlier ones warmed the cache. */
function costOf(results: readonly NativeResult[], name: string): Cost {
  return costsOf(results, name).at(-1)!
}

function less(a: Cost, b: Cost): Cost {
  return { wall: a.wall - b.wall, cpu: a.cpu - b.cpu }
}

function measurePart<N extends keyof Parts>(
  name: N,
  directory: string,
  num: number,
): Promise<Awaited<ReturnType<Parts[N]>>> {
  const child = fork(join(import.meta.dirname, 'boundary-child.js'), [name, directory, String(num)])
  return new Promise((done, failed) => {
    child.once('message', (answer) => done(answer as Awaited<ReturnType<Parts[N]>>))
    child.once('error', failed)
    child.once('exit', (code, signal) =>
      failed(new Error(`${name}: the process ended with ${signal ?? code}`)),
    )
  })
}

async function measureOnce(binary: string, num: number, directory: string) {
  const database = join(directory, 'db')
  const { strings, buffers, tables } = await measurePart('write', database, num)
  writeFileSync(join(directory, 'tables'), tables)
  const memory = {
    num,
    value_size: valueSize,
    cache_size: settings.blockCacheSize,
    write_buffer_size: settings.memtableSize,
  }
  const written = runNativeBench(binary, {
    ...memory,
    db: join(directory, 'native'),
    benchmarks: [...Array<string>(fillsOf(num)).fill('fillseq'), 'keys'].join(),
    batch: batchSize,
  })
  const benchmarks = 'readrandom,readrandom,readseq,readseq'
  const read = runNativeBench(binary, {
    ...memory,
    db: database,
    tables: join(directory, 'tables'),
    reads,
    benchmarks,
  })
  const keys = costOf(written, 'keys')
  const get = less(costOf(read, 'readrandom'), keys)
  const write = less(medianCost(costsOf(written, 'fillseq')), keys)
  const step = costOf(read, 'readseq')
  const part = (name: Exclude<keyof Parts, 'write'>) => measurePart(name, database, num)
  return {
    'point get, string': { native: get, javascript: await part('getStrings') },
    'point get, Buffer': { native: get, javascript: await part('getBuffers') },
    'record in a batch, strings': { native: write, javascript: strings },
    'record in a batch, Buffers': { native: write, javascript: buffers },
    'record scanned, string': { native: step, javascript: await part('scanStrings') },
    'record scanned, Buffer': { native: step, javascript: await part('scanBuffers') },
    'record counted': { native: step, javascript: await part('count') },
  }
}

/** A table of what an operation costs natively and from JavaScript: medians of all runs. */
export async function measureBoundary({ dir, harness, num, runs }: BoundaryOptions): Promise<string> {
  const binary = harness ?? buildNativeBench()
  const measured: Awaited<ReturnType<typeof measureOnce>>[] = []
  for (let run = 1; run <= runs; run++) {
    console.error(`run ${run} of ${runs}`)
    mkdirSync(dir, { recursive: true })
    const directory = mkdtempSync(join(dir, 'burrow-boundary-'))
    try {
      measured.push(await measureOnce(binary, num, directory))
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  }
  const names = Object.keys(measured[0]!) as (keyof (typeof measured)[0])[]
  const lines = names.map((name) => {
    const median = (side: 'native' | 'javascript', clock: 'wall' | 'cpu') =>
      spread(measured.map((run) => run[name][side][clock])).median
    const cells = (['cpu', 'wall'] as const).flatMap((clock) => {
      const ours = median('native', clock)
      const theirs = median('javascript', clock)
      return [ours, theirs, theirs - ours].map((nanos) => nanos.toFixed(0))
    })
    return [name, ...cells]
  })
  const header = [
    'ns, median',
    'native cpu',
    'JS cpu',
    'boundary cpu',
    'native wall',
    'JS wall',
    'boundary wall',
  ]
  return formatColumns([header, ...lines])
}
