import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { cityKey, rankKey } from '../../bench/quickstart/cities.ts'
import { Report } from '../../bench/quickstart/report.ts'
import { burrowJson, TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'

interface Document {
  readonly ok: boolean
  readonly directory: string
  readonly steps: readonly {
    readonly title: string
    readonly numbers: Readonly<Record<string, number>>
    readonly proofs: readonly { readonly claim: string; readonly holds: boolean }[]
  }[]
}

test('the main job runs on all cities and proves what it claims', async () => {
  using folder = new TemporaryFolder()
  const args = [distFile('bench/quickstart.js'), '--json', '--dir', folder.join('cities')]
  const report = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Document
  expect(report.ok).toBe(true)
  expect(report.steps.map(({ title }) => title)).toEqual([
    'load',
    'point reads',
    'range scans',
    'snapshot',
    'crash',
  ])
  for (const { proofs } of report.steps) {
    expect(proofs.length).toBeGreaterThan(0)
    expect(proofs.filter(({ holds }) => !holds)).toEqual([])
  }
  const numbers = Object.fromEntries(report.steps.map((step) => [step.title, step.numbers]))
  expect(numbers['load']!['cities']).toBeGreaterThan(130_000)
  expect(numbers['crash']!['acknowledged']).toBeGreaterThanOrEqual(2000)
  expect(numbers['crash']!['there']).toBe(numbers['crash']!['acknowledged'])
  // What it leaves is a database like any other.
  const paris = await burrowJson(['scan', report.directory, '--prefix', 'city/FR/Paris/', '--limit', '1'])
  expect(paris).toEqual([{ key: expect.stringMatching(/^city\/FR\/Paris\/\d+$/), value: expect.any(String) }])
})

test('keys order cities by name, and by population from the biggest down', () => {
  const city = (name: string, population: number, cityId: number) => ({
    ...{ name, population, cityId, country: 'XX', adminCode: '', featureCode: 'PPL' },
    loc: { coordinates: [0, 0] as const },
  })
  const big = city('Zürich', 400_000, 1)
  const small = city('A/B', 900, 2)
  expect(cityKey(small) < cityKey(big)).toBe(true)
  expect(rankKey(big) < rankKey(small)).toBe(true)
  expect(cityKey(small)).toBe('city/XX/A%2FB/2')
})

test('one proof that fails is a failed run', () => {
  const report = new Report(true)
  const step = { title: 'step', lines: [], numbers: {} }
  report.add({ ...step, proofs: [{ claim: 'one', holds: true, found: '' }] })
  expect(report.holds).toBe(true)
  report.add({ ...step, proofs: [{ claim: 'two', holds: false, found: '' }] })
  expect(report.holds).toBe(false)
})
