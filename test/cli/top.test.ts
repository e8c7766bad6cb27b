import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSample } from '../../lib/debug/sample.ts'
import { Database } from '../../lib/index.ts'
import { distFile } from '../dist.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'
import { liveSample } from './top-samples.ts'

const folder = new TemporaryFolder()
const path = folder.join('db')
let db: Database

beforeAll(async () => {
  db = await Database.open(path)
  for (let i = 0; i < 1000; i++) db.putSync(`key ${i}`, 'x'.repeat(100))
  await db.flush()
})

afterAll(async () => {
  await db.close()
  folder[Symbol.dispose]()
})

describe('a database that its process serves', () => {
  it('is found by its path, and by its URL', async () => {
    const served = await db.debug.serve()
    for (const target of [path, served.url]) {
      const sample = await burrowJson(['top', target])
      expect(sample).toMatchObject({
        source: 'live',
        pid: process.pid,
        stats: { ops: { put: { count: 1000 } } },
      })
    }
    const { code, stderr, stdout } = await burrow(['top', path, '--once', '--interval', '0.05'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^put +0 +0 +0 B\/s/m)
    expect(stdout).toMatch(/^L0 +1 /m)
    await served.close()
  })

  it('that does not answer is said to', async () => {
    const { url, close } = await db.debug.serve()
    await close()
    const { code, stderr, stdout } = await burrow(['top', url, '--once'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(`${url} does not answer: connect ECONNREFUSED`)
  })
})

describe('other databases', () => {
  it('are seen by their files', async () => {
    const { stdout } = await burrow(['top', path, '--count', '2', '--interval', '0.05'])
    expect(stdout.match(/files only, pid \d+/g)).toHaveLength(2)
    expect(stdout).toContain('tables')
    const sample = await burrowJson(['top', path])
    expect(sample).toMatchObject({
      source: 'files',
      pid: process.pid,
      files: { levels: [{ level: 0, files: 1 }] },
    })
    expect(readSample(sample)).toEqual(sample)
  })

  it('must be there', async () => {
    const { code, stderr } = await burrow(['top', folder.join('nothing')])
    expect(code).toBe(1)
    expect(stderr).toContain('BURROW_NOT_FOUND there is no database')
    expect((await burrow(['top'])).code).toBe(2)
    expect((await burrow(['top', 'http://'])).code).toBe(2)
    expect((await burrow(['top', path, '--interval', '0'])).code).toBe(2)
    expect((await burrow(['top', path, '--replay', 'x'])).code).toBe(2)
  })
})

describe('recordings', () => {
  const file = folder.join('seen.jsonl')

  it('are written while one watches, and shown again', async () => {
    const watched = await burrow([
      'top',
      path,
      '--jsonl',
      '--count',
      '3',
      '--interval',
      '0.05',
      '--record',
      file,
    ])
    expect(watched).toMatchObject({ code: 0, stderr: '' })
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(4)
    expect(JSON.parse(lines[0]!)).toMatchObject({ recording: 'burrow top', format: 1 })
    expect(`${lines.slice(1).join('\n')}\n`).toBe(watched.stdout)
    const replayed = await burrow(['top', '--replay', file, '--jsonl'])
    expect(replayed).toMatchObject({ code: 0, stderr: '', stdout: watched.stdout })
    const drawn = await burrow(['top', '--replay', file, '--speed', '100'])
    expect(drawn.stdout.match(/files only/g)).toHaveLength(3)
  })

  it('do not take the place of a file', async () => {
    const { code, stderr } = await burrow(['top', path, '--once', '--record', file])
    expect(code).toBe(1)
    expect(stderr).toContain('EEXIST')
  })

  const header = { recording: 'burrow top', format: 1, version: '0.0.1', createdAt: 'x' }
  const recording = (...lines: unknown[]) =>
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')

  it('of another version, or with damage, are shown as far as they go', async () => {
    writeFileSync(
      file,
      recording(
        header,
        liveSample(1),
        '{"format":1,',
        '',
        { ...liveSample(2), stats: 7 },
        liveSample(3),
        'cut',
      ),
    )
    const { code, stderr, stdout } = await burrow(['top', '--replay', file])
    expect(code).toBe(0)
    expect(stdout.match(/pid 4711/g)).toHaveLength(2)
    expect(stderr).toContain('it was recorded by burrowdb 0.0.1; this is')
    expect(stderr).toContain('line 3 is no JSON')
    expect(stderr).toContain('line 5: the sample.stats is no object')
    expect(stderr).toContain('line 7 is no JSON: the recording is damaged, or was cut off there')
    expect(stdout).toContain('! line 5')
  })

  it('of a later format say so', async () => {
    writeFileSync(
      file,
      recording({ ...header, format: 2, version: '9.0.0' }, { ...liveSample(1), format: 2 }),
    )
    const { code, stderr, stdout } = await burrow(['top', '--replay', file])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('it was recorded by burrowdb 9.0.0 in format 2; burrowdb')
    expect(stderr).toContain('has no sample that can be shown')
  })

  it('are told from other files', async () => {
    for (const content of ['', 'hello\n', '{"a":1}\n', 'null\n', Buffer.alloc(5 * 2 ** 20, 'x')]) {
      writeFileSync(file, content)
      const { code, stderr } = await burrow(['top', '--replay', file])
      expect(code).toBe(2)
      expect(stderr).toContain('is no recording of burrow top')
    }
  })
})

it('on a terminal it draws over and over, and leaves the terminal as it was', async () => {
  const command = `stty cols 70 rows 12; stty -a > ${folder.join('before')}; ${process.execPath} ${distFile('lib/cli/main.js')} top ${path} --interval 0.05; echo ended $?; stty -a > ${folder.join('after')}`
  const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
  let seen = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const before = seen
    seen += chunk.toString('utf8')
    const drawn = (all: string) => all.split('\x1b[H').length
    if (drawn(before) < 4 && drawn(seen) >= 4) child.stdin.write('q')
  })
  await text(child.stdout).catch(() => '')
  expect(seen).toContain('\x1b[?1049h\x1b[?25l')
  expect(seen.slice(seen.indexOf('\x1b[?25h\x1b[?1049l'))).toContain('ended 0')
  expect(readFileSync(folder.join('after'), 'utf8')).toBe(readFileSync(folder.join('before'), 'utf8'))
  for (const picture of seen.split('\x1b[H').slice(1, 4)) {
    // The terminal adds carriage returns of its own.
    const [shown] = picture.split('\x1b[J')
    const lines = shown!.split('\x1b[K').map((line) => line.trim())
    expect(lines.pop()).toBe('')
    expect(lines.length).toBeLessThan(12)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(70)
    expect(lines[0]).toContain('files only')
  }
})
