import { requirePeer } from '../peers.ts'
import type { Ratio } from './ratios.ts'

/** The part of Apache ECharts that is used; the package is not installed where types are checked. */
interface ECharts {
  init(
    element: null,
    theme: null,
    size: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void }
}

export const pictureOf = 'echarts'

const width = 1000
const heightOfBar = 7
const heightOfRow = 14

/** Bars, as SVG: how fast everyone is in each row beside the best rival, which is 1. On a logarithmic axis. */
export function draw(ratios: readonly Ratio[], title: string): string {
  const rows = ratios.filter(({ ratio }) => ratio !== undefined)
  const ours = rows[0]?.ours.engine
  if (ours === undefined) throw new Error('there is no row to draw')
  const names = [...new Set([ours, ...rows.flatMap(({ rivals }) => rivals.map(({ engine }) => engine))])]
  const series = names.map((name) => ({
    name,
    type: 'bar',
    barGap: '0%',
    data: rows.map(({ ours, rivals }) => {
      const cell = [ours, ...rivals].find(({ engine }) => engine === name)
      return cell === undefined ? null : cell.opsPerSecond.median / rivals[0]!.opsPerSecond.median
    }),
  }))
  return render(120 + rows.length * (heightOfRow + names.length * heightOfBar), title, {
    grid: { left: 170, right: 30, top: 70, bottom: 40 },
    xAxis: { type: 'log', name: 'times the best rival', nameLocation: 'middle', nameGap: 25 },
    yAxis: { type: 'category', inverse: true, data: rows.map(({ row }) => row) },
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
  return render(560, title, {
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

function render(height: number, title: string, option: object): string {
  const size = { renderer: 'svg', ssr: true, width, height } as const
  const chart = (requirePeer(pictureOf) as ECharts).init(null, null, size)
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: { text: title, left: 'center' },
    legend: { top: 30, itemGap: 30 },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}
