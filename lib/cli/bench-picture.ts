import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { ECharts } from '../bench/report/picture.ts'

export const whyNoPicture =
  'the report has no picture: npm install echarts in this directory, then there is one'

/** The library that draws, from where the command is called or from beside the package; undefined when it is in neither. */
export function loadECharts(): ECharts | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return createRequire(from)('echarts') as ECharts
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  return undefined
}
