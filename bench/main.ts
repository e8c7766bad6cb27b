/** `npm run bench` and `npm run bench:rivals`: see usage in options.ts. */
import { describeMachine } from '../lib/bench/measure/machine.ts'
import { formatBytes } from '../lib/util/units.ts'
import { measureBoundary } from './boundary.ts'
import { type Compared, type Comparison, compare } from './compare.ts'
import { datagenCurves, datagenTables, measureDatagen, verdicts } from './datagen.ts'
import { ratioTables } from './datagen-ratios.ts'
import { type Guarded, guard } from './guard/guard.ts'
import { guardReport } from './guard/report.ts'
import { type Options, readOptions, usage } from './options.ts'
import { resultsFolder } from './paths.ts'
import { installPeers, peerProblem } from './peers.ts'
import { toCsv } from './report/csv.ts'
import { draw, drawCurves, pictureOf } from './report/picture.ts'
import { ratiosOf } from './report/ratios.ts'
import { save } from './report/save.ts'
import { summarize } from './report/summary.ts'
import { allTables, formatColumns, formatMarkdown, ratioTable } from './report/tables.ts'
import { suiteNamed } from './suites.ts'
import { measureTables, tablesCsv, tablesReport } from './tables/tables.ts'

/** Ratios are ours to everyone else's. */
const us = 'burrow'

type Machine = ReturnType<typeof describeMachine>

/** What the figures depend on, in lines. */
function conditions({ plan }: Comparison, { engines }: Compared, machine: Machine): string[] {
  const { num, settings, syncNum, valueSize } = plan
  const versions = engines.flatMap(({ engine, version }) => (version === '' ? [] : `${engine} ${version}`))
  return [
    `${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')}, ${machine.date}`,
    `${num} records of 16 + ${valueSize} bytes, ${syncNum} synced, values as ${settings.valueEncoding}, seed ${plan.seed}`,
    `${settings.options === 'defaults' ? "everyone's defaults" : 'tuned'}, median of ${engines[0]?.runs.length} (least–most)`,
    versions.join(', '),
  ]
}

/** The picture by its ending; nothing, and a line that says so, where the library is not to be had. */
function picture(svg: () => string): Record<string, string> {
  installPeers([pictureOf])
  const problem = peerProblem(pictureOf)
  if (problem !== undefined) {
    console.error(`no picture is drawn: ${problem}`)
    return {}
  }
  return { svg: svg() }
}

function nameOf(command: string, { date }: Machine): string {
  return `${command}-${date.replaceAll(/[-:]/g, '').replace(/\..*/, '')}`
}

/** What is known after a run, in files that the next run replaces. */
function report(options: Options, machine: Machine, compared: Compared): { text: string; paths: string[] } {
  const { command, comparison, results } = options
  const { engines, failures, leftOut } = compared
  const cells = summarize(engines)
  const ratios = ratiosOf(cells, engines, us)
  const tables = [ratioTable(ratios, us), ...allTables(cells, engines)]
  const lines = [...conditions(comparison, compared, machine), ...leftOut, ...failures]
  const { plan } = comparison
  const document = { machine, plan, leftOut, failures, engines, summary: cells }
  const paths = save(results ?? resultsFolder, nameOf(command, machine), {
    json: `${JSON.stringify(document, undefined, 2)}\n`,
    csv: toCsv(cells),
    md: [`${lines.join('  \n')}\n`, ...tables.map(formatMarkdown)].join('\n'),
    ...(command === 'rivals' && ratios.some(({ ratio }) => ratio !== undefined)
      ? picture(() => draw(ratios, `${plan.num} records of ${plan.valueSize} bytes`))
      : {}),
  })
  const shown = tables.slice(0, 2).map(({ lines, title }) => `${title}\n\n${formatColumns(lines)}\n`)
  return { text: [...shown, ...lines].join('\n'), paths }
}

/** Reports after each run; what all of them say. */
async function runComparison(options: Options, machine: Machine): Promise<Compared> {
  let last: { readonly compared: Compared; readonly reported: ReturnType<typeof report> } | undefined
  for await (const compared of compare(options.comparison, (line) => console.error(line))) {
    last = { compared, reported: report(options, machine, compared) }
    if (compared.failures.length > 0) process.exitCode = 1
  }
  const { compared, reported } = last!
  console.log(`\n${reported.text}\n\n${reported.paths.join('\n')}`)
  return compared
}

/** Exit code 1 when a benchmark is slower than the last time, or than its floor. */
async function runSuites(options: Options, machine: Machine): Promise<void> {
  const guarded: Guarded[] = []
  for (const name of options.suites) {
    const outcome = await suiteNamed(name).run(options, () => runComparison(options, machine))
    if (options.guard !== undefined) guarded.push(guard(name, outcome, options.guard))
  }
  if (guarded.length === 0) return
  for (const { file, table } of guarded) {
    console.log(`\n${table.title}\n\n${formatColumns(table.lines)}\n\n${file}`)
  }
  const name = `guard-${machine.date.replaceAll(/[-:]/g, '').replace(/\..*/, '')}`
  console.log(save(options.results ?? resultsFolder, name, guardReport(guarded, machine)).join('\n'))
  if (guarded.some(({ passed }) => !passed)) process.exitCode = 1
}

async function runDatagen({ comparison, quick, results }: Options, machine: Machine): Promise<void> {
  const { nativeBench: harness, runs } = comparison
  const figures = await measureDatagen({ runs, seconds: quick ? 0.01 : 0.2, harness })
  const tables = [...datagenTables(figures), ...(await ratioTables())]
  const lines = [
    `${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')}, ${machine.date}, median of ${runs}`,
    ...verdicts(figures),
  ]
  const title = 'The data generator: GB/s by bytes a call'
  const paths = save(results ?? resultsFolder, nameOf('datagen', machine), {
    json: `${JSON.stringify({ machine, runs, bytesPerSecond: figures }, undefined, 2)}\n`,
    md: [`${lines.join('  \n')}\n`, ...tables.map(formatMarkdown)].join('\n'),
    ...picture(() => drawCurves(datagenCurves(figures), title, 'bytes a call', 'GB/s', formatBytes)),
  })
  const shown = tables.map(({ lines, title }) => `${title}\n\n${formatColumns(lines)}\n`)
  console.log(`\n${[...shown, ...lines].join('\n')}\n\n${paths.join('\n')}`)
}

function runTables({ results, tables }: Options, machine: Machine): void {
  const figures = measureTables(tables)
  const report = tablesReport(figures, tables)
  const lines = [
    `${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')}, ${machine.date}, median of ${tables.runs}`,
    `${tables.items} items, seed ${tables.seed}`,
    ...figures.leftOut,
  ]
  const paths = save(results ?? resultsFolder, nameOf('tables', machine), {
    json: `${JSON.stringify({ machine, options: tables, ...figures }, undefined, 2)}\n`,
    csv: tablesCsv(figures),
    md: [`${lines.join('  \n')}\n`, ...report.map(formatMarkdown)].join('\n'),
  })
  const shown = report.map(({ lines, title }) => `${title}\n\n${formatColumns(lines)}\n`)
  console.log(`\n${[...shown, ...lines].join('\n')}\n\n${paths.join('\n')}`)
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2))
  const { command, comparison, help } = options
  if (help) {
    console.log(usage)
    return
  }
  const machine = describeMachine()
  if (command === 'datagen') return await runDatagen(options, machine)
  if (command === 'tables') return runTables(options, machine)
  if (command === 'short') return await runSuites(options, machine)
  if (command === 'rivals') {
    await runComparison(options, machine)
    return
  }
  const { directory, nativeBench, plan, runs } = comparison
  console.log(`${machine.cpu}, node ${machine.node}, load ${machine.load.join(' ')}`)
  const num = Math.min(plan.num, 300_000)
  console.log(await measureBoundary({ num, runs, dir: directory, harness: nativeBench }))
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
