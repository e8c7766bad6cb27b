import { drawBars, drawChart, type ECharts } from '../../lib/bench/report/picture.ts'
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

/** A curve of (x, y), both above zero. `dashed`: not measured here. */
export interface Curve {
  readonly name: string
  readonly points: readonly (readonly [number, number])[]
  readonly dashed?: boolean
}

/** Curves, as SVG, on logarithmic axes. */
export function drawCurves(
  curves: readonly Curve[],
  title: string,
  xName: string,
  yName: string,
  xLabel: (x: number) => string,
): string {
  return drawChart(loadECharts(), 560, title, {
    grid: { left: 80, right: 40, top: 100, bottom: 60 },
    xAxis: {
      type: 'log',
      logBase: 2,
      max: 'dataMax',
      name: xName,
      nameLocation: 'middle',
      nameGap: 30,
      axisLabel: { formatter: xLabel },
    },
    yAxis: { type: 'log', name: yName, nameLocation: 'middle', nameGap: 50 },
    series: curves.map(({ dashed = false, name, points }) => ({
      name,
      type: 'line',
      symbolSize: 5,
      lineStyle: { type: dashed ? 'dashed' : 'solid' },
      data: points,
    })),
  })
}
