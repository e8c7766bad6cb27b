import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { takesPart } from '../../bench/compare.ts'
import { engineNamed, engines } from '../../bench/engines/index.ts'
import { readOptions } from '../../bench/options.ts'
import { stagesOf, workloadNamed, workloads } from '../../lib/bench/workloads/index.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'
import { testSeed } from '../model/random.ts'

const names = workloads.map(({ name }) => name)

it('stages put workloads behind the one whose database they use', () => {
  expect(stagesOf(['seekrandom', 'fillseq', 'readrandom', 'ycsb-c'])).toEqual([
    ['fillseq'],
    ['readrandom', 'seekrandom'],
    ['ycsb-c'],
  ])
  expect(stagesOf(names).flat().sort()).toEqual([...names].sort())
  for (const { after } of workloads) if (after !== undefined) expect(names).toContain(after)
})

it('an engine runs what its promise is for', () => {
  const takes = (engine: string, workload: string) => takesPart(engineNamed(engine), workloadNamed(workload))
  expect(takes('lmdb-nosync', 'fillseq')).toBe(true)
  expect(takes('lmdb-nosync', 'fillsync')).toBe(false)
  expect(takes('lmdb-nosync', 'readrandom')).toBe(false)
  expect(takes('lmdb', 'readrandom')).toBe(true)
  expect(takes('lmdb', 'fillsingle')).toBe(false)
  expect(takes('map', 'open-after-kill')).toBe(false)
  // What is skipped exists.
  for (const { skips = {} } of engines) for (const name of Object.keys(skips)) workloadNamed(name)
})

it('the command line says what is wrong with it', () => {
  expect(() => readOptions(['--engines', 'leveldb'])).toThrow("no engine is named 'leveldb'")
  expect(() => readOptions(['--workloads', 'fill'])).toThrow("no workload is named 'fill'")
  expect(() => readOptions(['--num', '0'])).toThrow('--num must be a whole number')
  expect(() => readOptions(['compare'])).toThrow('npm run bench')
  expect(readOptions([]).comparison.engines).toEqual(['burrow', 'classic-level'])
  expect(readOptions(['rivals']).comparison.workloads).toEqual(names)
  expect(readOptions(['rivals', '--quick', '--num', '7']).comparison.plan.num).toBe(7)
})

it('one workload of each kind runs on BurrowDB, and those that can on a Map', () => {
  using folder = new TemporaryFolder()
  const seed = testSeed()
  const results = folder.join('results')
  const ofEachKind =
    'fillrandom,open,readrandom-async,seekrandom,deleterandom,fillsync64,open-after-kill,ycsb-f'
  const options = `--quick --num 300 --sync-num 20 --engines burrow,map --workloads ${ofEachKind} --seed ${seed}`
  const places = ['--dir', folder.join('databases'), '--results', results]
  execFileSync(process.execPath, [distFile('bench/main.js'), 'rivals', ...options.split(' '), ...places], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const files = readdirSync(results)
  expect(files.map((name) => name.split('.').at(-1)).sort()).toEqual(['csv', 'json', 'md'])
  const json = files.find((name) => name.endsWith('.json'))!
  const { failures, summary } = JSON.parse(readFileSync(`${results}/${json}`, 'utf8')) as {
    failures: string[]
    summary: { engine: string; workload: string; row: string; ops: number }[]
  }
  expect(failures).toEqual([])
  const ran = (engine: string) =>
    new Set(summary.filter((cell) => cell.engine === engine).map(({ workload }) => workload))
  expect([...ran('burrow')].join()).toBe(ofEachKind)
  expect([...ran('map')].join()).toBe('fillrandom,readrandom-async,deleterandom,fillsync64,ycsb-f')
  expect(summary.every(({ ops }) => ops > 0)).toBe(true)
  expect(readdirSync(folder.join('databases'))).toEqual([])
})
