import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { run } from '../../lib/cli/program.ts'
import { generate } from '../../lib/datagen.ts'
import { distFile } from '../dist.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** What a shell makes of it: `burrow` stands for the command. */
function shell(line: string): { status: number | null; stdout: string; stderr: string } {
  const command = `'${process.execPath}' '${distFile('lib/cli/main.js')}'`
  return spawnSync('bash', ['-c', line.replaceAll('burrow datagen', `${command} datagen`)], {
    encoding: 'latin1',
    maxBuffer: 2 ** 27,
  })
}

/** Without the price of a process, for what prints nothing to standard output. */
async function inProcess(args: readonly string[]): Promise<{ code: number; stderr: string }> {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const code = await run(['node', 'burrow', 'datagen', ...args])
    return { code, stderr: stderr.mock.calls.map(([text]) => String(text)).join('') }
  } finally {
    stderr.mockRestore()
  }
}

test('writes a file, and the same bytes to a pipe', async () => {
  using folder = new TemporaryFolder()
  const file = folder.join('data')
  const args = [
    '--size',
    '2.5MiB',
    '--dedup',
    '2',
    '--compress',
    '3',
    '--seed',
    '7',
    '--block-size',
    '64KiB',
    '--pattern',
    'text',
  ]
  const expected = await generate(2.5 * MiB, {
    ...{ dedupRatio: 2, compressRatio: 3, seed: 7, blockSize: 64 * KiB, pattern: 'text' },
  })
  expect(await burrow(['datagen', ...args, '--out', file])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\S+data: 2\.5 MiB in \d+\.\d\d s, [\d.]+ [KMG]iB\/s, seed 7\n$/),
    stderr: '',
  })
  expect(readFileSync(file).equals(expected)).toBe(true)
  for (const out of [[], ['--out', '-']]) {
    const piped = await burrow(['datagen', ...args, '--threads', '1', ...out])
    expect(piped.code).toBe(0)
    expect(piped.stderr).toMatch(/^2\.5 MiB in .* seed 7\n$/)
    expect(piped.bytes.equals(expected)).toBe(true)
  }
  expect(readdirSync(folder.path)).toEqual(['data'])
})

test('tells in JSON what it wrote, a random seed included', async () => {
  using folder = new TemporaryFolder()
  const file = folder.join('data')
  const report = (await burrowJson(['datagen', '--size', '100KB', '--out', file])) as Record<string, unknown>
  expect(report).toEqual({
    file,
    bytes: 100_000,
    seconds: expect.any(Number),
    bytesPerSecond: expect.any(Number),
    seed: expect.anything(),
    dedupRatio: 1,
    compressRatio: 1,
    pattern: 'zeros',
    blockSize: 4 * MiB,
  })
  const again = await burrow(['datagen', '--size', '100000', '--seed', String(report['seed'])])
  expect(again.bytes.equals(readFileSync(file))).toBe(true)
  const seeds = ['9007199254740991', '9007199254740992', '18446744073709551615']
  const told = await Promise.all(
    seeds.map(
      async (seed) => (await burrowJson(['datagen', '--size', '0', '--out', file, '--seed', seed])) as object,
    ),
  )
  expect(told).toMatchObject([{ seed: 9007199254740991 }, { seed: seeds[1] }, { seed: seeds[2] }])
  expect(readFileSync(file)).toHaveLength(0)
})

test('a file that was there is replaced when the new one is complete, and stays when it is not', async () => {
  using folder = new TemporaryFolder()
  const file = folder.join('data')
  writeFileSync(file, 'precious')
  const full = shell(`ulimit -f 100; trap '' XFSZ; burrow datagen --size 10MiB --out '${file}'`)
  expect(full.status).toBe(1)
  expect(full.stderr).toMatch(/^burrow: BURROW_IO EFBIG: file too large[^\n]*\n$/)
  expect(readFileSync(file, 'utf8')).toBe('precious')
  expect(readdirSync(folder.path)).toEqual(['data'])
  expect((await burrow(['datagen', '--size', '10', '--out', file])).code).toBe(0)
  expect(readFileSync(file)).toHaveLength(10)
})

test.runIf(existsSync('/dev/full'))('a full disk is a clear error', async () => {
  const noSpace =
    /^burrow: BURROW_NO_SPACE datagen: no space left for \S.* after at most .* of 10 MiB\. [^\n]*\n$/
  const file = await burrow(['datagen', '--size', '10MiB', '--out', '/dev/full'])
  expect(file).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(noSpace) })
  expect(shell('burrow datagen --size 10MiB > /dev/full')).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(noSpace),
  })
  const json = await burrow(['datagen', '--size', '10MiB', '--out', '/dev/full', '--json'])
  expect(json).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(json.stderr)).toMatchObject({
    error: { code: 'BURROW_NO_SPACE', retryable: true, context: { file: '/dev/full' } },
  })
})

test('a pipe that is closed is a clear error', () => {
  const { status, stderr, stdout } = shell(
    'set -o pipefail; burrow datagen --size 1GiB --seed 1 | head -c 10',
  )
  expect(status).toBe(1)
  expect(stdout).toHaveLength(10)
  expect(stderr).toMatch(
    /^burrow: BURROW_IO datagen: whoever reads standard output closed it after at most .* of 1 GiB\n$/,
  )
})

test('--direct writes the same bytes, also when the size is no multiple of anything', async () => {
  using folder = new TemporaryFolder()
  const tmpfs = 0x01021994
  for (const size of [1, 17 * MiB + 777]) {
    const file = folder.join(`data-${size}`)
    const made = await burrow(['datagen', '--size', `${size}`, '--seed', '3', '--direct', '--out', file])
    if (statfsSync(folder.path).type === tmpfs && made.code === 1) {
      expect(made.stderr).toMatch(
        /BURROW_UNSUPPORTED --direct: the file system of .* does not take direct I\/O/,
      )
      continue
    }
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(file).equals(await generate(size, { seed: 3 }))).toBe(true)
  }
})

test('--direct where it is not to be had says so', async () => {
  const made = await inProcess(['--size', '8192', '--direct', '--out', '/dev/null'])
  expect(made).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^burrow: BURROW_UNSUPPORTED --direct: the file system of \/dev\/null does not/,
    ),
  })
  const odd = await inProcess(['--size', '100', '--direct', '--out', '/dev/null'])
  expect(odd).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/INVALID_ARGUMENT.*must be a multiple of 4096/),
  })
})

test('command lines that make no sense', async () => {
  using folder = new TemporaryFolder()
  const file = folder.join('data')
  const usage: [string[], RegExp][] = [
    [[], /--size is missing/],
    [['--size', '1.5'], /whole number of bytes/],
    [['--size', '-1'], /whole number of bytes/],
    [['--size', '10Gi8'], /whole number of bytes/],
    [['--size', '10', '--dedup', 'x'], /must be a number/],
    [['--size', '10', '--seed', '-1'], /whole number/],
    [['--size', '10', '--pattern', 'ones'], /zeros, backref, text/],
    [['--size', '10', '--json'], /--json needs --out/],
    [['--size', '10', '--direct'], /--direct needs --out/],
    [['--size', '10', 'nonsense'], /./],
  ]
  for (const [args, message] of usage) {
    const { code, stderr } = await inProcess(args)
    expect({ args, code }).toEqual({ args, code: 2 })
    expect(stderr).toMatch(message)
  }
  const refused: [string[], string][] = [
    [['--dedup', '0.5'], 'dedupRatio'],
    [['--compress', '1000'], 'compressRatio'],
    [['--threads', '0'], 'threads'],
    [['--block-size', '5000'], 'blockSize'],
    [['--seed', '18446744073709551616'], 'seed'],
  ]
  for (const [args, option] of refused) {
    const { code, stderr } = await inProcess(['--size', '10', '--out', file, ...args])
    expect(code).toBe(1)
    expect(stderr).toMatch(new RegExp(`^burrow: BURROW_INVALID_ARGUMENT .*'${option}'`))
  }
  expect(await inProcess(['--size', '10', '--out', `${folder.path}/no/file`])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_IO ENOENT/),
  })
  expect(readdirSync(folder.path)).toEqual([])
})

test('Ctrl-C leaves nothing behind', async () => {
  using folder = new TemporaryFolder()
  const args = ['datagen', '--size', '1TiB', '--out', folder.join('data')]
  const child = spawn(process.execPath, [distFile('lib/cli/main.js'), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (text) => (stderr += text))
  while (readdirSync(folder.path).length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGINT')
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code).toBe(1)
  expect(stderr).toMatch(/^burrow: BURROW_ABORTED datagen: interrupted after at most .* of 1 TiB\n$/)
  expect(readdirSync(folder.path)).toEqual([])
})

test.runIf(existsSync('/usr/bin/script'))('a terminal gets no data, but a progress bar', () => {
  using folder = new TemporaryFolder()
  const command = (args: string) =>
    execFileSync(
      'script',
      ['-qec', `'${process.execPath}' '${distFile('lib/cli/main.js')}' datagen ${args}; true`, '/dev/null'],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
  expect(command('--size 10')).toMatch(/would write the data to the terminal/)
  expect(command(`--size 200MiB --out '${folder.join('data')}'`)).toMatch(
    /generating .*\d+%[\s\S]*200 MiB in/,
  )
})
