/** The part of Apache ECharts that is used. Whoever draws loads it: the package does not depend on it. */
export interface ECharts {
  init(
    element: null,
    theme: null,
    size: { renderer: 'svg'; ssr: true; width: number; height: number },
  ): { setOption(option: object): void; renderToSVGString(): string; dispose(): void }
}

export interface Bars {
  readonly title: string
  /** What the axis shows. */
  readonly unit: string
  readonly rows: readonly string[]
  /** A bar in each row for each of them; null: none. Values are above 0. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
}

const width = 1000
const heightOfBar = 7
const heightOfRow = 14

/** Bars on a logarithmic axis, as SVG. */
export function drawBars(echarts: ECharts, { rows, series, title, unit }: Bars): string {
  return drawChart(echarts, 120 + rows.length * (heightOfRow + series.length * heightOfBar), title, {
    grid: { left: 170, right: 30, top: 70, bottom: 40 },
    xAxis: { type: 'log', name: unit, nameLocation: 'middle', nameGap: 25 },
    yAxis: { type: 'category', inverse: true, data: rows },
    series: series.map(({ name, values }) => ({ name, type: 'bar', barGap: '0%', data: values })),
  })
}

/** What `option` of ECharts describes, with a title and a legend, as SVG. */
export function drawChart(echarts: ECharts, height: number, title: string, option: object): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width, height })
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
