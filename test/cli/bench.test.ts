import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { burrow, TemporaryFolder } from './burrow.ts'

it('burrow bench compares two sets of options in turns', async () => {
  using folder = new TemporaryFolder()
  const places = ['--dir', folder.join('databases'), '--out', folder.join('report')]
  const size = ['--num', '200', '--runs', '4', '--workload', 'fillseq']
  const sides = ['--a', 'preset=ssd', '--b', 'preset=ssd', '--b', 'compression=none']
  const { code, stderr, stdout } = await burrow(['bench', ...sides, ...size, ...places, '--json'])
  expect([code, stderr]).toEqual([0, ''])
  const report = JSON.parse(stdout) as { measured: Record<string, unknown[]>; verdicts: { row: string }[] }
  expect(report).toMatchObject({
    a: { maxOpenFiles: 2000 },
    b: { maxOpenFiles: 2000, compression: 'none' },
    runs: 4,
    plan: { num: 200 },
  })
  expect(report.verdicts.map(({ row }) => row)).toEqual(['fillseq', 'fillseq idle'])
  expect(report.measured['a']).toHaveLength(8)
  expect(report.measured['b']).toHaveLength(8)
  expect(readdirSync(folder.join('databases'))).toEqual([])
  expect(JSON.parse(readFileSync(folder.join('report/bench.json'), 'utf8'))).toEqual(report)
  expect(readFileSync(folder.join('report/bench.html'), 'utf8')).toContain('<td>fillseq</td>')
})

it('burrow bench says what makes no sense before it measures', async () => {
  const run = async (...args: string[]) => {
    const { code, stderr } = await burrow(['bench', ...args])
    return [code, stderr]
  }
  const both = ['--a', 'preset=ssd', '--b', 'preset=hdd']
  expect(await run('--a', 'preset=ssd')).toEqual([2, expect.stringContaining('options of both sides')])
  expect(await run(...both, '--runs', '3')).toEqual([2, expect.stringContaining('at least 4')])
  expect(await run(...both, '--workload', 'fill')).toEqual([
    2,
    expect.stringContaining("no workload is named 'fill'"),
  ])
  expect(await run('--a', 'preset=tape', '--b', 'preset=ssd')).toEqual([
    2,
    expect.stringContaining('there are default,'),
  ])
  expect(await run('--a', 'colour=red', '--b', 'preset=ssd')).toEqual([
    1,
    expect.stringContaining("BURROW_INVALID_ARGUMENT there is no option named 'colour'"),
  ])
})
