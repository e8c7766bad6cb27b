import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trafficBetween } from '../../lib/cli/profile/file-traffic.ts'
import { drawFlameGraph } from '../../lib/cli/profile/flame-graph.ts'
import { ioBetween, readProcessIo } from '../../lib/cli/profile/process-io.ts'
import { PerfScript, Stacks, stacksOfCpuProfile } from '../../lib/cli/profile/stacks.ts'
import { subjectOf } from '../../lib/cli/profile/subject.ts'
import { Database } from '../../lib/index.ts'
import { distFile } from '../dist.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'
import { liveSample } from './top-samples.ts'

describe('stacks', () => {
  const stacks = new Stacks()
  stacks.add(['main', 'read', 'decode'], 3)
  stacks.add(['main', 'read'], 1)
  stacks.add(['main', 'a<b>&"c"\x07'], 4)
  stacks.add(['other;thread'], 2)

  it('are added up', () => {
    expect(stacks.root.value).toBe(10)
    expect(stacks.folded()).toBe('main;a<b>&"c"\x07 4\nmain;read 1\nmain;read;decode 3\nother:thread 2\n')
    expect(stacks.hottest(2)).toEqual([
      { name: 'a<b>&"c"\x07', share: 0.4 },
      { name: 'decode', share: 0.3 },
    ])
  })

  it('are drawn', async () => {
    const svg = drawFlameGraph(stacks, 'made up & drawn')
    await expect(svg).toMatchFileSnapshot('../golden/profile/flame.svg')
    expect(drawFlameGraph(new Stacks(), 'empty')).toContain('</svg>')
  })

  it('come from profiles of V8, without idle time', () => {
    const frame = (functionName: string, url = '', lineNumber = 0) => ({ functionName, url, lineNumber })
    const profile = {
      nodes: [
        { id: 1, callFrame: frame('(root)'), children: [2, 3, 5] },
        { id: 2, callFrame: frame('', 'file:///app/lib/main.js', 9), children: [4] },
        { id: 3, callFrame: frame('(idle)') },
        { id: 4, callFrame: frame('getSync', 'file:///app/reads.js', 41) },
        { id: 5, callFrame: frame('(garbage collector)') },
      ],
      samples: [2, 4, 4, 3, 5],
      timeDeltas: [10, 20, 30, 1000, 5],
    }
    expect(stacksOfCpuProfile(JSON.stringify(profile)).folded()).toBe(
      `(anonymous) lib/main.js:10 10
(anonymous) lib/main.js:10;getSync app/reads.js:42 50
(garbage collector) 5
`,
    )
    expect(() => stacksOfCpuProfile('{"nodes":[]}')).toThrow('no CPU profile of V8')
  })

  it('come from what perf prints', () => {
    const script = new PerfScript()
    const lines = `burrow-job 
\t    7f01 burrow::Rewrite::Run(int (*)(char))+0x12 (/x/burrowdb.node)
\t    7f02 [unknown] (/usr/lib/libc.so.6)

node 
\t    7f03 JS:*read file:///a.js:1 (/tmp/perf-1.map)

node 
\t    7f03 JS:*read file:///a.js:1 (/tmp/perf-1.map)`
    for (const line of lines.split('\n')) script.push(line)
    expect(script.end().folded()).toBe(
      'burrow-job;[libc.so.6];burrow::Rewrite::Run(int (*)(char)) 1\nnode;JS:*read file:///a.js:1 2\n',
    )
  })
})

it('bytes by kind of file are what was counted in between', () => {
  const [reads, flush, compaction, wal] = trafficBetween(liveSample(10).stats, liveSample(11).stats)
  const MiB = 2 ** 20
  expect(reads).toMatchObject({ kind: 'table', purpose: 'reads', operations: 800, writtenBytes: 0 })
  expect(flush).toMatchObject({ writtenBytes: 4 * MiB })
  expect(compaction).toMatchObject({ readBytes: 20 * MiB, writtenBytes: 18 * MiB })
  expect(wal).toMatchObject({ kind: 'wal', writtenBytes: 1.5 * MiB, operations: 3 })
})

it.skipIf(process.platform !== 'linux')('the kernel knows what a process reads', () => {
  const before = readProcessIo('self')
  const text = readFileSync(import.meta.filename)
  const change = ioBetween(before, readProcessIo(process.pid))
  expect(change?.readBytes).toBeGreaterThanOrEqual(text.byteLength)
  expect(readProcessIo(2 ** 30)).toBeNull()
  expect(ioBetween(null, before)).toBeNull()
})

it('a subject is a database, a command or a process', () => {
  const options = { seconds: 1, workload: 'scan' } as const
  expect(subjectOf(['/tmp'], options)).toMatchObject({ kind: 'workload', path: '/tmp', workload: 'scan' })
  expect(subjectOf(['node', 'x.js'], options)).toEqual({ kind: 'command', command: ['node', 'x.js'] })
  expect(subjectOf(['db'], { ...options, pid: 7 })).toMatchObject({ kind: 'process', pid: 7, path: 'db' })
  expect(() => subjectOf([], options)).toThrow('name a database')
  expect(() => subjectOf(['node', 'x.js'], { ...options, pid: 7 })).toThrow('there is no command')
})

describe('burrow profile', () => {
  const folder = new TemporaryFolder()
  const path = folder.join('db')

  beforeAll(async () => {
    const db = await Database.open(path, { syncWrites: false })
    for (let i = 0; i < 5000; i++) db.putSync(`key ${i}`, 'x'.repeat(100))
    await db.flush()
    await db.close()
  })
  afterAll(() => folder[Symbol.dispose]())

  const short = ['--seconds', '0.2']

  it('--cpu of reads', async () => {
    const out = folder.join('cpu')
    const report = await burrowJson(['profile', path, '--cpu', ...short, '--out', out])
    expect(report).toMatchObject({ kind: 'cpu', subject: `reads of ${path}`, seconds: expect.any(Number) })
    const { files, hottest, operations } = report as {
      files: string[]
      hottest: unknown[]
      operations: number
    }
    expect(operations).toBeGreaterThan(0)
    expect(hottest.length).toBeGreaterThan(0)
    expect(files.map((file) => file.slice(out.length))).toEqual([
      '/cpu.svg',
      '/cpu.folded',
      '/cpu.cpuprofile',
    ])
    expect(files.every(existsSync)).toBe(true)
  })

  it('--cpu of a program, whose output does not mix with ours', async () => {
    const out = folder.join('program')
    const program = 'console.log("hi"); const end = Date.now() + 100; while (Date.now() < end) {}'
    const args = ['profile', '--cpu', '--out', out, '--', 'node', '-e', program]
    const { code, stderr, stdout } = await burrow(args)
    expect([code, stderr]).toEqual([0, 'hi\n'])
    expect(stdout).toContain('cpu.svg')
    expect(readFileSync(`${out}/cpu.svg`, 'utf8')).toContain('<svg')
  })

  it('--io of a scan', async () => {
    const report = await burrowJson([
      'profile',
      path,
      '--io',
      ...short,
      '--workload',
      'scan',
      '--out',
      folder.join('io'),
    ])
    expect(report).toMatchObject({
      kind: 'io',
      traffic: [{ kind: 'table', purpose: 'reads' }, {}, {}, { kind: 'wal', writtenBytes: 0 }],
    })
    const { traffic } = report as { traffic: { readBytes: number }[] }
    expect(traffic[0]!.readBytes).toBeGreaterThan(10_000)
    expect(JSON.parse(readFileSync(folder.join('io/io.json'), 'utf8'))).toEqual(report)
  })

  it.skipIf(spawnSync('perf', ['record', '-o', '/dev/null', 'true']).status !== 0)(
    '--native of reads',
    async () => {
      const out = folder.join('native')
      const report = await burrowJson(['profile', path, '--native', ...short, '--out', out])
      expect(report).toMatchObject({ kind: 'native' })
      expect(readFileSync(`${out}/native.folded`, 'utf8')).toContain('node')
      expect(readFileSync(`${out}/native.svg`, 'utf8')).toContain('<svg')
    },
  )

  it('says what is missing, and what makes no sense', async () => {
    const run = async (...args: string[]) => {
      const { code, stderr } = await burrow(['profile', '--out', folder.join('none'), ...args])
      return [code, stderr]
    }
    expect(await run(path)).toEqual([2, 'burrow: say what to profile: --cpu, --native or --io\n'])
    expect(await run('--cpu', '--', 'ls', '-l')).toEqual([2, expect.stringContaining('must begin with node')])
    expect(await run('--cpu', '--', 'node', '-e', 'process.exit(3)')).toEqual([
      1,
      expect.stringContaining('node ended with 3'),
    ])
    // This process is Node, but not every process is.
    expect(await run('--cpu', '--pid', String(2 ** 30))).toEqual([
      2,
      expect.stringContaining('cannot look into'),
    ])
    const sleeper = spawnSync(process.execPath, [distFile('lib/cli/main.js'), 'profile', path, '--native'], {
      encoding: 'utf8',
      env: { PATH: folder.path },
    })
    if (process.platform === 'linux')
      expect(sleeper.stderr).toContain('perf is not installed. It is in the package')
  })

  it('an empty database cannot be read', async () => {
    const empty = folder.join('empty')
    await (await Database.open(empty)).close()
    const { code, stderr } = await burrow(['profile', empty, '--io', '--out', folder.join('none')])
    expect([code, stderr]).toEqual([1, expect.stringContaining('is empty: there is nothing to read')])
  })
})
