import { drawBars, type ECharts } from '../../lib/bench/report/picture.ts'
import { requirePeer } from '../peers.ts'
import type { Ratio } from './ratios.ts'

/** The package that draws, of bench/package.json. */
export const pictureOf = 'echarts'

export function loadECharts(): ECharts {
  return requirePeer(pictureOf) as ECharts
}

/** Bars, as SVG: how fast everyone is in each row beside the best rival, which is 1. */
export function draw(ratios: readonly Ratio[], title: string): string {
  const rows = ratios.filter(({ ratio }) => ratio !== undefined)
  const ours = rows[0]?.ours.engine
  if (ours === undefined) throw new Error('there is no row to draw')
  const names = [...new Set([ours, ...rows.flatMap(({ rivals }) => rivals.map(({ engine }) => engine))])]
  const series = names.map((name) => ({
    name,
    values: rows.map(({ ours, rivals }) => {
      const cell = [ours, ...rivals].find(({ engine }) => engine === name)
      return cell === undefined ? null : cell.opsPerSecond.median / rivals[0]!.opsPerSecond.median
    }),
  }))
  return drawBars(loadECharts(), {
    title,
    unit: 'times the best rival',
    rows: rows.map(({ row }) => row),
    series,
  })
}
