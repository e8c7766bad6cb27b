import { type Command, InvalidArgumentError, Option } from 'commander'
import { type PhaseName, type Phases, phaseNames } from '../base/phases.ts'
import type { TraceEvent } from '../debug/trace-events.ts'
import { UsageError } from './failure.ts'
import { addNotation, type NotationOptions, notationOf, parseBytes } from './notation.ts'
import { writeJson, writeLine } from './output.ts'
import { randomNumbers, sampleKeys } from './sample-keys.ts'
import { parseCount } from './scan.ts'
import { type BytesDatabase, withReader } from './with-database.ts'

type Workload = 'gets' | 'scan' | 'keys'

interface TraceArguments extends NotationOptions {
  readonly out: string
  readonly workload?: 'gets' | 'scan'
  readonly count: number
  readonly seed: number
  readonly slowMs?: number
  readonly redact?: boolean
  readonly json?: boolean
}

const gets = 1000

export function addTrace(program: Command): void {
  addNotation(
    program
      .command('trace')
      .description(
        'read from the database and write what that took as Chrome trace events, for ui.perfetto.dev',
      ),
    'keys are',
  )
    .argument('<path>', 'directory of the database')
    .argument('[keys...]', 'keys to get, one after the other; without them, see --workload')
    .option('--out <file>', 'where the trace goes; what is there is replaced', 'trace.json')
    .addOption(
      new Option('--workload <name>', 'gets: of random keys that are there; scan: from the first key on')
        .choices(['gets', 'scan'])
        .default(undefined, 'gets'),
    )
    .option('--count <n>', 'so many gets, or records of the scan', parseCount, gets)
    .option('--seed <n>', 'of the random keys: the same seed, the same keys', parseCount, 1)
    .option('--slow-ms <n>', 'keep only what took so many milliseconds', parseMs)
    .option('--redact', 'no keys and no path in the trace')
    .option('--json', 'print {"out", "workload", "count", "events", "dropped", "operations"}')
    .action(trace)
}

function parseMs(text: string): number {
  const ms = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number from 0 up.')
  return ms
}

async function trace(path: string, keyTexts: readonly string[], options: TraceArguments): Promise<void> {
  if (keyTexts.length > 0 && options.workload !== undefined) {
    throw new UsageError('trace takes keys or --workload, not both')
  }
  const notation = notationOf(options)
  const given = keyTexts.map((text) => parseBytes(text, notation, 'key'))
  const workload: Workload = given.length > 0 ? 'keys' : (options.workload ?? 'gets')
  const { json, out, redact = false, seed, slowMs } = options
  const summary = await withReader(path, async (db) => {
    const keys = workload === 'gets' ? sampleKeys(db, options.count, randomNumbers(seed)) : given
    const mode = slowMs === undefined ? ({ mode: 'all' } as const) : ({ mode: 'slow', slowMs } as const)
    // Room for every call: a get each, or a batch of records.
    const tracer = db.debug.trace({ ...mode, redact, capacity: keys.length + 100_000 })
    const count = workload === 'scan' ? await scan(db, options.count) : await getAll(db, keys)
    tracer.stop()
    await tracer.write(out)
    const events = tracer.events()
    return {
      out,
      workload,
      count,
      events: events.length,
      dropped: tracer.dropped,
      operations: summarize(events),
    }
  })
  await (json ? writeJson(summary) : writeLine(describe(summary)))
}

async function getAll(db: BytesDatabase, keys: readonly Buffer[]): Promise<number> {
  for (const key of keys) await db.get(key)
  return keys.length
}

async function scan(db: BytesDatabase, limit: number): Promise<number> {
  let records = 0
  for await (const _ of db.entries({ limit })) records++
  return records
}

/** One kind of operation. Times are microseconds. */
interface Summary {
  readonly count: number
  readonly micros: {
    readonly total: number
    readonly p50: number
    readonly p99: number
    readonly max: number
  }
  readonly phases: Phases
}

function summarize(events: readonly TraceEvent[]): Record<string, Summary> {
  const spans = events.filter(({ cat, ph }) => cat === 'operation' && ph === 'X')
  const names = [...new Set(spans.map(({ name }) => name))]
  return Object.fromEntries(
    names.map((name) => {
      const own = spans.filter((span) => span.name === name)
      const times = own.map(({ dur }) => dur ?? 0).sort((a, b) => a - b)
      const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]!
      const total = times.reduce((sum, time) => sum + time, 0)
      const micros = { total: rounded(total), p50: at(0.5), p99: at(0.99), max: at(1) }
      return [name, { count: own.length, micros, phases: sumOf(own) }]
    }),
  )
}

function sumOf(spans: readonly TraceEvent[]): Phases {
  const sum: { [N in PhaseName]?: { count: number; micros: number } } = {}
  for (const { args } of spans) {
    for (const [name, { count, micros }] of Object.entries((args['phases'] ?? {}) as Phases)) {
      sum[name as PhaseName] ??= { count: 0, micros: 0 }
      sum[name as PhaseName]!.count += count
      sum[name as PhaseName]!.micros = rounded(sum[name as PhaseName]!.micros + micros)
    }
  }
  return sum
}

function rounded(micros: number): number {
  return Math.round(micros * 1000) / 1000
}

function describe(found: {
  readonly out: string
  readonly events: number
  readonly operations: Record<string, Summary>
}): string {
  const lines = Object.entries(found.operations).flatMap(([name, { count, micros, phases }]) => [
    `${name}: ${count}, p50 ${show(micros.p50)}, p99 ${show(micros.p99)}, max ${show(micros.max)}`,
    ...phaseNames.flatMap((phase) => {
      const time = phases[phase]
      if (time === undefined) return []
      const share = Math.round((100 * time.micros) / micros.total)
      return `  ${phase.padEnd(10)} ${String(time.count).padStart(8)} × ${show(time.micros / Math.max(1, time.count)).padStart(10)} ${String(share).padStart(4)} %`
    }),
  ])
  return [...lines, `${found.out}: ${found.events} events, for https://ui.perfetto.dev`].join('\n')
}

function show(micros: number): string {
  return micros < 1000 ? `${micros.toFixed(1)} µs` : `${(micros / 1000).toFixed(2)} ms`
}
