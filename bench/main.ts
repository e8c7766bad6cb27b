/** `npm run bench`: BurrowDB beside other stores, or (boundary) the cost of crossing into C++. */
import { fork } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { measureBoundary } from './boundary.ts'
import type { ValueEncoding } from './engines/engine.ts'
import { engineNamed, engines } from './engines/index.ts'
import { describeMachine } from './machine.ts'
import { resultsFolder } from './paths.ts'
import { installPeers } from './peers.ts'
import { type EngineRuns, formatComparison, save, summarize } from './report.ts'
import type { RunPlan, RunResult } from './run-plan.ts'
import { workloadNamed, workloads } from './workloads/index.ts'

const usage = `npm run bench -- [boundary] [options]

  --num N              records (1000000; quick: 20000)
  --runs N             runs of each engine, interleaved; figures are medians (3; quick: 1)
  --engines a,b        ${engines.map(({ name }) => name).join(', ')} (all); ratios are against the first
  --workloads a,b      ${workloads.map(({ name }) => name).join(', ')} (all)
  --value-size N       bytes (100)
  --value-encoding E   utf8 or buffer (utf8)
  --dir DIR            where databases are made (the system's temporary directory)
  --quick              shows that everything runs; the figures mean little
  --native-bench FILE     boundary: a native_bench that is built already
`

const MiB = 2 ** 20

const options = {
  num: { type: 'string' },
  runs: { type: 'string' },
  engines: { type: 'string' },
  workloads: { type: 'string' },
  'value-size': { type: 'string', default: '100' },
  'value-encoding': { type: 'string', default: 'utf8' },
  dir: { type: 'string', default: tmpdir() },
  quick: { type: 'boolean', default: false },
  'native-bench': { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`--${name} must be a whole number, got '${text}'`)
  return value
}

function runChild(plan: RunPlan): Promise<RunResult> {
  const child = fork(join(import.meta.dirname, 'child.js'))
  return new Promise((done, failed) => {
    child.once('message', (answer: { result?: RunResult; error?: string }) => {
      child.disconnect()
      if (answer.result !== undefined) done(answer.result)
      else failed(new Error(`${plan.engine}: ${answer.error}`))
    })
    child.once('exit', (code, signal) =>
      failed(new Error(`${plan.engine}: the process ended with ${signal ?? code}`)),
    )
    child.once('error', failed)
    child.send(plan)
  })
}

async function compare(
  base: Omit<RunPlan, 'engine' | 'directory'>,
  names: readonly string[],
  runs: number,
  dir: string,
) {
  const peersReady = names.every((name) => engineNamed(name).peer === undefined) || installPeers()
  const usable = names.filter((name) => peersReady || engineNamed(name).peer === undefined)
  for (const name of names.filter((each) => !usable.includes(each))) {
    console.error(`${name} could not be installed and is left out`)
  }
  const results = new Map<string, RunResult[]>(usable.map((name) => [name, []]))
  for (let run = 1; run <= runs; run++) {
    for (const engine of usable) {
      console.error(`run ${run} of ${runs}: ${engine}`)
      mkdirSync(dir, { recursive: true })
      const directory = mkdtempSync(join(dir, 'burrow-bench-'))
      try {
        results.get(engine)!.push(await runChild({ ...base, engine, directory }))
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }
  }
  const measured: EngineRuns[] = usable.map((engine) => ({
    engine,
    version: engineNamed(engine).version(),
    runs: results.get(engine)!,
  }))
  return { measured, rows: summarize(measured, base.workloads) }
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ options, allowPositionals: true })
  if (values.help) {
    console.log(usage)
    return
  }
  const [command] = positionals
  if (positionals.length > 1 || (command !== undefined && command !== 'boundary')) throw new Error(usage)
  const { quick } = values
  const num = wholeNumber('num', values.num ?? (quick ? '20000' : '1000000'))
  const runs = wholeNumber('runs', values.runs ?? (quick ? '1' : '3'))
  if (!['utf8', 'buffer'].includes(values['value-encoding']))
    throw new Error('--value-encoding is utf8 or buffer')
  const machine = describeMachine()
  console.log(`${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')}`)
  if (command === 'boundary') {
    console.log(
      await measureBoundary({
        num: Math.min(num, 300_000),
        runs,
        dir: values.dir,
        harness: values['native-bench'],
      }),
    )
    return
  }
  const base = {
    workloads: (values.workloads?.split(',') ?? workloads.map(({ name }) => name)).map(
      (name) => workloadNamed(name).name,
    ),
    num,
    valueSize: wholeNumber('value-size', values['value-size']),
    compressionRatio: 0.5,
    valueEncoding: values['value-encoding'] as ValueEncoding,
    writeBufferSize: 64 * MiB,
    cacheSize: 256 * MiB,
    seed: 42,
  }
  const names = values.engines?.split(',') ?? engines.map(({ name }) => name)
  const { measured, rows } = await compare(base, names, runs, values.dir)
  console.log(formatComparison(rows, measured))
  const name = machine.date.replaceAll(/[-:]/g, '').replace(/\..*/, '')
  const path = save(resultsFolder, name, { machine, settings: base, engines: measured, summary: rows }, rows)
  console.log(`\n${path}.json and .csv`)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
