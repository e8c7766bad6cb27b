import { expect, it } from 'vitest'
import type { EngineRuns } from '../../bench/compare.ts'
import { toCsv } from '../../bench/report/csv.ts'
import { ratiosOf } from '../../bench/report/ratios.ts'
import { summarize } from '../../bench/report/summary.ts'
import { allTables, formatColumns, formatMarkdown, ratioTable } from '../../bench/report/tables.ts'
import type { Measurement } from '../../lib/bench/run-plan.ts'

const measured = (workload: string, ops: number, seconds: number, row = workload): Measurement => ({
  workload,
  row,
  ops,
  bytes: ops * 116,
  seconds,
})

function runsOf(engine: string, kind: EngineRuns['kind'], ...runs: Measurement[][]): EngineRuns {
  return { engine, kind, version: '1', runs }
}

const engines = [
  runsOf(
    'burrow',
    'store',
    [measured('fillseq', 1000, 1), measured('overwrite', 1000, 1), measured('open', 1, 0.25)],
    [measured('fillseq', 1000, 0.5), measured('overwrite', 1000, 1), measured('open', 1, 0.25)],
    [measured('fillseq', 1000, 0.25), measured('overwrite', 1000, 1), measured('open', 1, 0.25)],
  ),
  runsOf('classic-level', 'store', [measured('fillseq', 1000, 1), measured('overwrite', 1000, 0.5)]),
  runsOf('lmdb-nosync', 'weaker', [measured('fillseq', 1000, 0.8), measured('overwrite', 1000, 0.1)]),
  runsOf('noop', 'baseline', [measured('fillseq', 1000, 1e-3), measured('open', 1, 1e-3)]),
]
const cells = summarize(engines)
const ratios = ratiosOf(cells, engines, 'burrow')

it('a cell is the median of all runs, with the least and the most', () => {
  const fill = cells.find(({ engine, row }) => engine === 'burrow' && row === 'fillseq')!
  expect(fill.opsPerSecond).toEqual({ median: 2000, min: 1000, max: 4000 })
  expect(fill.bytesPerSecond.median).toBe(2000 * 116)
  expect(fill.p99).toBeUndefined()
  expect(cells.map(({ engine, row }) => `${row} ${engine}`)).toEqual([
    'fillseq burrow',
    'fillseq classic-level',
    'fillseq lmdb-nosync',
    'fillseq noop',
    'overwrite burrow',
    'overwrite classic-level',
    'overwrite lmdb-nosync',
    'open burrow',
    'open noop',
  ])
})

it('a ratio is to the best rival that counts: never a baseline, a weaker promise where the row names it', () => {
  const byRow = Object.fromEntries(
    ratios.map(({ ratio, rivals, row }) => [row, [ratio, ...rivals.map(({ engine }) => engine)]]),
  )
  expect(byRow).toEqual({
    fillseq: [1.6, 'lmdb-nosync', 'classic-level'],
    overwrite: [0.5, 'classic-level'],
    open: [undefined],
  })
})

it('the table of ratios names the rivals', () => {
  const { lines } = ratioTable(ratios, 'burrow')
  expect(lines).toEqual([
    ['operations/s', 'burrow', 'best rival', 'ratio', 'next'],
    ['fillseq', '2.00 k (1.00 k–4.00 k)', 'lmdb-nosync 1.25 k', '1.60×', 'classic-level 1.00 k'],
    ['overwrite', '1.00 k', 'classic-level 2.00 k', '0.50×', ''],
    ['open', '250 ms', '', '', ''],
  ])
  expect(
    formatColumns([
      ['a', 'bb'],
      ['ccc', ''],
    ]),
  ).toBe('a    bb\nccc')
})

it('tables leave out what nobody measured', () => {
  const tables = allTables(cells, engines)
  const [speed, latency] = tables
  expect(speed!.lines[1]).toEqual(['fillseq', '2.00 k', '1.00 k', '1.25 k', '1.00 M'])
  expect(latency!.lines).toHaveLength(1)
  expect(
    formatMarkdown({
      title: 'T',
      lines: [
        ['a', 'b'],
        ['c', '1'],
      ],
    }),
  ).toBe('## T\n\n| a | b |\n| --- | ---: |\n| c | 1 |\n')
})

it('CSV has a line for each cell, empty fields for what was not measured', () => {
  const [header, first, ...others] = toCsv(cells).trimEnd().split('\n')
  expect(others).toHaveLength(cells.length - 1)
  const names = header!.split(',')
  const fields = first!.split(',')
  expect(fields).toHaveLength(names.length)
  const field = (name: string) => fields[names.indexOf(name)]
  expect(['row', 'engine', 'ops'].map(field)).toEqual(['fillseq', 'burrow', '1000'])
  expect(['opsPerSecond', 'opsPerSecondMin', 'opsPerSecondMax'].map(field)).toEqual(['2000', '1000', '4000'])
  expect(field('diskBytes')).toBe('')
})
