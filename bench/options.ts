/** The command line of the benchmarks. */
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import type { EngineSettings, ValueEncoding } from '../lib/bench/engines/engine.ts'
import { workloadNamed, workloads } from '../lib/bench/workloads/index.ts'
import type { Comparison } from './compare.ts'
import { engineNamed, engines } from './engines/index.ts'
import type { GuardOptions } from './guard/guard.ts'
import { floorsFile, historyFolder } from './paths.ts'
import { suiteNamed, suites } from './suites.ts'
import type { TablesOptions } from './tables/tables.ts'

export const usage = `npm run bench -- [options]                    the suites, held against the last run here and against floors
npm run bench -- boundary [options]           the API beside the engine
npm run bench -- datagen [options]            the data generator beside memset and a scalar loop; --runs --results --quick count
npm run bench -- tables [options]             tables beside the engine and dynalite; --runs --items --recovery-items --dir --results --seed --quick count
npm run bench:rivals -- [options]             BurrowDB beside every store, in every workload

  --num N              records (1000000; quick: 10000)
  --sync-num N         puts of the workloads that sync each one (20000; quick: 200)
  --items N            of the benchmarks of tables (50000; quick: 1000)
  --recovery-items N   that are there when a process with tables is killed (100000; quick: 1000)
  --suites a,b         ${suites.map(({ description, name }) => `${name} (${description})`).join(', ')}; quick: those that compile nothing
  --history DIR        what earlier runs measured (bench/history)
  --floors FILE        what nothing may fall below (bench/floors.json)
  --accept             a slow-down is meant: it passes, and is what later runs are compared with
  --runs N             runs of each engine, interleaved; figures are medians (suites: 5, else 3; quick: 1)
  --engines a,b        ${engines.map(({ name }) => name).join(', ')}
  --workloads a,b      ${workloads.map(({ name }) => name).join(', ')}
  --value-size N       bytes (100)
  --value-encoding E   utf8 or buffer (utf8)
  --cache-size N       MiB of everyone's cache (256)
  --defaults           everyone with the options it has by itself, instead of the best of its documentation
  --dir DIR            where databases are made (the system's temporary directory)
  --results DIR        where the results go (bench/results)
  --seed N             of keys and values (42)
  --quick              shows that everything runs; the figures mean little
  --native-bench FILE  a native_bench that is built already
`

const MiB = 2 ** 20

const flags = {
  num: { type: 'string' },
  'sync-num': { type: 'string' },
  items: { type: 'string' },
  'recovery-items': { type: 'string' },
  runs: { type: 'string' },
  engines: { type: 'string' },
  workloads: { type: 'string' },
  'value-size': { type: 'string', default: '100' },
  'value-encoding': { type: 'string', default: 'utf8' },
  'cache-size': { type: 'string', default: '256' },
  defaults: { type: 'boolean', default: false },
  dir: { type: 'string', default: tmpdir() },
  results: { type: 'string' },
  suites: { type: 'string' },
  history: { type: 'string', default: historyFolder },
  floors: { type: 'string', default: floorsFile },
  accept: { type: 'boolean', default: false },
  seed: { type: 'string', default: '42' },
  quick: { type: 'boolean', default: false },
  'native-bench': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

const commands = ['short', 'rivals', 'boundary', 'datagen', 'tables'] as const
type Command = (typeof commands)[number]

export interface Options {
  readonly help: boolean
  readonly command: Command
  readonly comparison: Comparison
  /** Only that everything runs is to be shown. */
  readonly quick: boolean
  /** Of the short command. */
  readonly suites: readonly string[]
  /** Undefined with --quick: what is measured then is no standard. */
  readonly guard: GuardOptions | undefined
  readonly tables: TablesOptions
  /** Where the results go, if not bench/results. */
  readonly results: string | undefined
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number, got '${text}'`)
  return value
}

/** Throws with what to do instead. */
export function readOptions(args: readonly string[]): Options {
  const { positionals, values } = parseArgs({ args: [...args], options: flags, allowPositionals: true })
  const [command = 'short', ...rest] = positionals as Command[]
  if (rest.length > 0 || !commands.includes(command)) throw new Error(usage)
  const encoding = values['value-encoding']
  if (encoding !== 'utf8' && encoding !== 'buffer') throw new Error('--value-encoding is utf8 or buffer')
  const { defaults, quick } = values
  const short = command === 'short'
  const allEngines = engines.filter(({ name }) => !short || ['burrow', 'classic-level'].includes(name))
  const allWorkloads = workloads.filter((workload) => !short || workload.short === true)
  const chosen = <T extends { readonly name: string }>(
    list: string | undefined,
    all: readonly T[],
    named: (name: string) => T,
  ) => (list === undefined ? all : list.split(',').map(named)).map(({ name }) => name)
  const settings: Omit<EngineSettings, 'durable'> = {
    options: defaults ? 'defaults' : 'tuned',
    writeBufferSize: 64 * MiB,
    cacheSize: wholeNumber('cache-size', values['cache-size']) * MiB,
    valueEncoding: encoding satisfies ValueEncoding,
  }
  const number = (
    name: 'num' | 'sync-num' | 'runs' | 'items' | 'recovery-items',
    full: number,
    little: number,
  ) => wholeNumber(name, values[name] ?? String(quick ? little : full))
  return {
    help: values.help,
    command,
    quick,
    results: values.results,
    suites: chosen(
      values.suites,
      suites.filter((suite) => suite.quick || !quick),
      suiteNamed,
    ),
    guard: quick ? undefined : { history: values.history, floors: values.floors, accept: values.accept },
    tables: {
      runs: number('runs', short ? 5 : 3, 1),
      items: number('items', 50_000, 1000),
      syncPuts: quick ? 50 : 500,
      recoveryItems: number('recovery-items', 100_000, 1000),
      directory: values.dir,
      seed: wholeNumber('seed', values.seed),
    },
    comparison: {
      engines: chosen(values.engines, allEngines, engineNamed),
      workloads: chosen(values.workloads, allWorkloads, workloadNamed),
      runs: number('runs', short ? 5 : 3, 1),
      directory: values.dir,
      nativeBench: values['native-bench'],
      plan: {
        num: number('num', 1_000_000, 10_000),
        syncNum: number('sync-num', 20_000, 200),
        valueSize: wholeNumber('value-size', values['value-size']),
        compressionRatio: 0.5,
        settings,
        seed: wholeNumber('seed', values.seed),
      },
    },
  }
}
