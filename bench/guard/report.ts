import type { describeMachine } from '../../lib/bench/measure/machine.ts'
import { formatHtml } from '../../lib/bench/report/html.ts'
import { drawBars } from '../../lib/bench/report/picture.ts'
import { peerProblem } from '../peers.ts'
import { loadECharts, pictureOf } from '../report/picture.ts'
import type { Guarded } from './guard.ts'
import { machineKind } from './machine-kind.ts'

/** The files of a report, by ending; with a picture where the library for it is installed. */
export function guardReport(
  guarded: readonly Guarded[],
  machine: ReturnType<typeof describeMachine>,
): Record<string, string> {
  const drawable = peerProblem(pictureOf) === undefined
  const page = {
    title: 'Benchmarks of BurrowDB',
    conditions: [machineKind(), `load ${machine.load.join(' ')}, ${machine.date}`],
    tables: guarded.map(({ table }) => table),
    pictures: drawable ? guarded.map(drawGuarded) : [],
  }
  const judgements = guarded.map(({ file, judgements, passed }) => ({ file, passed, judgements }))
  return {
    html: formatHtml(page),
    json: `${JSON.stringify({ machine, suites: judgements }, undefined, 2)}\n`,
  }
}

/** Each benchmark beside the last run of it, which is 1. */
function drawGuarded({ judgements, table }: Guarded): string {
  return drawBars(loadECharts(), {
    title: table.title,
    unit: 'times the last run',
    rows: judgements.map(({ benchmark }) => benchmark),
    series: [
      { name: 'now', values: judgements.map(({ change }) => (change === undefined ? null : 1 + change)) },
    ],
  })
}
