import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { WriteBenchmarkReport } from '../../lib/datagen.ts'
import { distFile } from '../dist.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

test('prints rates, latencies and what the limit is, and removes the file', async () => {
  using folder = new TemporaryFolder()
  const out = folder.join('file')
  const args = ['--out', out, '--size', '4MiB', '--writers', '2', '--write-size', '64KiB', '--sync']
  const { code, stderr, stdout } = await burrow(['datagen', 'bench', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines[0]).toMatch(/: 4 MiB in \d+\.\d\d s, .*\/s; 64 writes of 64 KiB, through the page cache$/)
  expect(lines.slice(1).map((line) => line.split(':')[0])).toEqual([
    ...['fsync', 'generator', 'device', 'latency', 'bottleneck'],
    `${out} was removed (--keep leaves it)`,
  ])
  expect(lines[5]).toMatch(/^bottleneck: (generator|device|queue|balanced): /)
  expect(existsSync(out)).toBe(false)
})

test('--json is the report; the data is as the options say; --keep keeps it', async () => {
  using folder = new TemporaryFolder()
  const data = ['--size', '1MiB', '--seed', '3', '--dedup', '2', '--compress', '3', '--block-size', '64KiB']
  const out = folder.join('file')
  const args = ['datagen', 'bench', '--out', out, ...data, '--threads', '2', '--buffers', '3', '--keep']
  const report = (await burrowJson(args)) as WriteBenchmarkReport
  expect(report).toMatchObject({ path: out, bytes: 1 << 20, writes: 1, buffers: 3, kept: true })
  expect(report.producers.threads).toBe(2)
  await burrow(['datagen', ...data, '--out', folder.join('same')])
  expect(readFileSync(out).equals(readFileSync(folder.join('same')))).toBe(true)
})

test('refuses what is there, unless --force', async () => {
  using folder = new TemporaryFolder()
  const out = folder.join('file')
  writeFileSync(out, 'precious')
  const args = ['datagen', 'bench', '--out', out, '--size', '10']
  const refused = await burrow(args)
  expect(refused).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/BURROW_EXISTS .*force/),
  })
  expect(readFileSync(out, 'utf8')).toBe('precious')
  expect((await burrow([...args, '--force', '--keep'])).code).toBe(0)
  expect(statSync(out).size).toBe(10)
})

test('what is wrong ends with a message and the exit code', async () => {
  using folder = new TemporaryFolder()
  const bench = (...args: string[]) => burrow(['datagen', 'bench', ...args])
  const out = folder.join('file')
  expect(await bench('--size', '1MiB')).toMatchObject({ code: 2, stderr: expect.stringContaining('--out') })
  expect(await bench('--out', out)).toMatchObject({ code: 2, stderr: expect.stringContaining('--size') })
  expect((await bench('--out', '-', '--size', '1')).code).toBe(2)
  expect((await bench('--out', out, '--size', '1', '--writers', 'x')).code).toBe(2)
  const many = await bench('--out', out, '--size', '1', '--writers', '1000', '--json')
  expect(many.code).toBe(1)
  expect(JSON.parse(many.stderr)).toMatchObject({ error: { code: 'BURROW_INVALID_ARGUMENT' } })
  expect(await bench('--out', folder.path, '--size', '1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is a directory'),
  })
})

test.runIf(process.platform === 'linux')('a full disk, and direct writes where there are none', async () => {
  const bench = (...args: string[]) => burrow(['datagen', 'bench', '--size', '1MiB', '--force', ...args])
  const full = await bench('--out', '/dev/full')
  expect(full).toMatchObject({ code: 1, stdout: '' })
  expect(full.stderr).toMatch(/^burrow: BURROW_NO_SPACE write \/dev\/full: No space left on device/)
  const direct = await bench('--out', '/dev/null', '--direct')
  expect(direct).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('O_DIRECT') })
})

test('Ctrl-C ends it and removes the file', async () => {
  using folder = new TemporaryFolder()
  const out = folder.join('file')
  const args = ['datagen', 'bench', '--out', out, '--size', '1PiB', '--write-size', '4KiB']
  const child = spawn(process.execPath, [distFile('lib/cli/main.js'), ...args])
  const ended = once(child, 'close')
  const said = text(child.stderr)
  while (!existsSync(out) || statSync(out).size === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGINT')
  expect(await ended).toEqual([1, null])
  expect(await said).toMatch(/^burrow: BURROW_ABORTED/)
  expect(existsSync(out)).toBe(false)
})
