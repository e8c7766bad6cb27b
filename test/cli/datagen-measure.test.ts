import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import type { MeasureReport } from '../../lib/datagen.ts'
import { distFile } from '../dist.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

const KiB = 1024

/** 256 KiB that come twice, half of them zeros. */
function sample(): Buffer {
  const half = randomBytes(256 * KiB)
  for (let at = 0; at < half.length; at += 512) half.fill(0, at, at + 256)
  return Buffer.concat([half, half])
}

test('prints what it found as tables', async () => {
  using folder = new TemporaryFolder()
  const file = folder.join('sample')
  writeFileSync(file, sample())
  const { code, stderr, stdout } = await burrow(['datagen', 'measure', file])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const lines = stdout.split('\n').map((line) => line.trimEnd().split(/ {2,}/))
  expect(lines).toEqual([
    [`${file}: 512 KiB`],
    [''],
    ['block size', 'blocks', 'different', 'dedup ratio'],
    ['4 KiB', '128', '64', '2.000'],
    ['16 KiB', '32', '16', '2.000'],
    ['64 KiB', '8', '4', '2.000'],
    ['256 KiB', '2', '1', '2.000'],
    ['1 MiB', '1', '1', '1.000'],
    ['4 MiB', '1', '1', '1.000'],
    [''],
    ['codec, by 64 KiB', 'ratio', 'least', 'most'],
    ...['lz4', 'zstd 1', 'zstd 3', 'zlib 6'].map((codec) => [
      codec,
      ...Array.from({ length: 3 }, () => expect.stringMatching(/^(1\.9|2\.0)\d\d$/)),
    ]),
    [''],
  ])
})

test('--json is the report; --window and --chunk take sizes with units', async () => {
  using folder = new TemporaryFolder()
  const file = folder.join('sample')
  writeFileSync(file, sample())
  const args = ['datagen', 'measure', file, '--window', '128KiB', '--chunk', '100KiB']
  const report = (await burrowJson(args)) as MeasureReport & { file: string }
  expect(report).toMatchObject({ file, bytes: 512 * KiB, window: 128 * KiB, chunk: 100 * KiB, dedupRatio: 1 })
  expect(report.dedup.find(({ blockSize }) => blockSize === 64 * KiB)).toMatchObject({
    blocks: 8,
    uniqueBlocks: 4,
    ratio: 2,
    standardError: 0,
  })
  expect(report.compression.zlib6.windows).toBe(4)
})

test('- is standard input, which may be empty', async () => {
  const bytes = sample()
  const { stdout } = await burrow(['datagen', 'measure', '-', '--json'], bytes)
  expect(JSON.parse(stdout)).toMatchObject({ file: '-', bytes: bytes.length })
  const empty = await burrow(['datagen', 'measure', '-'], Buffer.alloc(0))
  expect(empty.code).toBe(0)
  expect(empty.stdout).toMatch(/^-: 0 B\n/)
  expect(empty.stdout).toMatch(/lz4 +- +- +-\n/)
})

test('what cannot be measured ends with a message and the exit code', async () => {
  using folder = new TemporaryFolder()
  const missing = await burrow(['datagen', 'measure', folder.join('none')])
  expect(missing).toMatchObject({ code: 1, stdout: '' })
  expect(missing.stderr).toMatch(/^burrow: BURROW_IO measure: .*none cannot be read: ENOENT/)
  const directory = await burrow(['datagen', 'measure', folder.path, '--json'])
  expect(directory).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(directory.stderr)).toMatchObject({ error: { code: 'BURROW_INVALID_ARGUMENT' } })
  expect((await burrow(['datagen', 'measure', 'x', '--window', 'wide'])).code).toBe(2)
  expect((await burrow(['datagen', 'measure'])).code).toBe(2)
  const narrow = await burrow(['datagen', 'measure', folder.path, '--window', '0'])
  expect(narrow).toMatchObject({ code: 1, stderr: expect.stringContaining("'window' is 0") })
})

test('Ctrl-C ends it while standard input is silent', async () => {
  const child = spawn(process.execPath, [distFile('lib/cli/main.js'), 'datagen', 'measure', '-'])
  const said = text(child.stderr)
  const ended = once(child, 'close')
  // Two pieces are taken, a third one is begun: by then it listens.
  child.stdin.write(Buffer.alloc(5 << 20), () => child.kill('SIGINT'))
  expect(await ended).toEqual([1, null])
  expect(await said).toMatch(/^burrow: BURROW_ABORTED/)
})
