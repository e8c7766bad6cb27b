import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { TraceEvent } from '../../lib/debug.ts'
import { Database } from '../../lib/index.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

function spansOf(path: string): TraceEvent[] {
  const { traceEvents } = JSON.parse(readFileSync(path, 'utf8')) as { traceEvents: TraceEvent[] }
  return traceEvents.filter(({ ph }) => ph === 'X')
}

test('trace beside a writer: random gets, a scan, keys that are given', async () => {
  using folder = new TemporaryFolder()
  const [path, out] = [folder.join('db'), folder.join('trace.json')]
  const db = await Database.open(path, { syncWrites: false })
  for (let i = 0; i < 3000; i++) db.putSync(`key ${String(i).padStart(5, '0')}`, 'v'.repeat(40))
  await db.flush()

  const gets = await burrowJson(['trace', path, '--out', out, '--count', '50'])
  expect(gets).toMatchObject({
    out,
    workload: 'gets',
    count: 50,
    events: 50,
    dropped: 0,
    operations: {
      get: {
        count: 50,
        micros: { total: expect.any(Number) },
        phases: { filter: { count: expect.any(Number) } },
      },
    },
  })
  const keys = spansOf(out).map(({ args }) => args['key'])
  expect(new Set(keys).size).toBeGreaterThan(30)
  expect(keys.every((key) => /^key\\x20\d{5}$/.test(String(key)))).toBe(true)
  await burrowJson(['trace', path, '--out', out, '--count', '50'])
  expect(spansOf(out).map(({ args }) => args['key'])).toEqual(keys)

  const scan = await burrow([
    'trace',
    path,
    '--out',
    out,
    '--workload',
    'scan',
    '--count',
    '2500',
    '--redact',
  ])
  expect(scan).toMatchObject({ code: 0, stderr: '' })
  expect(scan.stdout).toMatch(/^scan: 1, p50 .*\nnext: \d+, .*\n(?: {2}\w+ .*%\n)+.*events, for https/)
  expect(readFileSync(out, 'utf8')).not.toContain(path)

  const given = await burrowJson(['trace', path, 'key 00007', 'none', '--out', out])
  expect(given).toMatchObject({ workload: 'keys', count: 2, operations: { get: { count: 2 } } })
  await db.close()
})

test('trace refuses what makes no sense, and says what it could not write', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path)
  await db.close()
  expect(await burrow(['trace', path, 'k', '--workload', 'scan'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('not both'),
  })
  expect((await burrow(['trace', path, '--slow-ms', 'x'])).code).toBe(2)
  const nowhere = await burrow(['trace', path, '--out', folder.join('no/trace.json')])
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') })
  const empty = await burrowJson(['trace', path, '--out', folder.join('empty.json')])
  expect(empty).toMatchObject({ count: 0, events: 0, operations: {} })
  expect(existsSync(folder.join('empty.json'))).toBe(true)
})
