import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { distFile, root } from '../dist.ts'
import { burrow, burrowJson, TemporaryFolder } from './burrow.ts'

test('put, get and delete', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  expect(await burrow(['put', db, 'apple', 'red'])).toMatchObject({ code: 0, stdout: '', stderr: '' })
  expect(await burrow(['get', db, 'apple'])).toMatchObject({ code: 0, stdout: 'red\n', stderr: '' })
  expect(await burrowJson(['get', db, 'apple'])).toEqual({ found: true, key: 'apple', value: 'red' })
  expect(await burrowJson(['put', db, 'pear', 'gréén'])).toEqual({ key: 'pear', bytes: 7 })
  expect(await burrowJson(['delete', db, 'apple'])).toEqual({ key: 'apple' })
  expect(await burrow(['get', db, 'apple'])).toMatchObject({ code: 1, stdout: '' })
  const missing = await burrow(['get', db, 'apple', '--json'])
  expect(missing).toMatchObject({ code: 1, stderr: '' })
  expect(JSON.parse(missing.stdout)).toEqual({ found: false, key: 'apple' })
})

test('a missing key is said on stderr', async () => {
  using folder = new TemporaryFolder()
  await burrow(['put', folder.join('db'), 'a', '1'])
  const { code, stderr, stdout } = await burrow(['get', folder.join('db'), 'b'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^burrow: there is no key b in .*db\n$/)
})

test('bytes go in and out unharmed, in every notation', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  await burrow(['put', db, 'all'], bytes)
  expect((await burrow(['get', db, 'all', '--raw'])).bytes).toEqual(Buffer.from(bytes))
  const hex = Buffer.from(bytes).toString('hex')
  expect((await burrow(['get', db, '616c6c', '--hex'])).stdout).toBe(`${hex}\n`)
  const base64 = Buffer.from(bytes).toString('base64')
  expect((await burrow(['get', db, 'YWxs', '--base64'])).stdout).toBe(`${base64}\n`)
  expect(await burrowJson(['get', db, 'all'])).toMatchObject({ value: { base64 } })
  await burrow(['put', db, '--hex', '00ff', 'c3a9'])
  expect(await burrowJson(['scan', db, '--limit', '1'])).toEqual([{ key: { base64: 'AP8=' }, value: 'é' }])
})

test('text output escapes what cannot be printed, and nothing else', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  const cases: [string, string][] = [
    ['plain text: é 漢字 😀', 'plain text: é 漢字 😀'],
    ['tab\tline\nnul\0', 'tab\\x09line\\x0anul\\x00'],
    ['\\x41', '\\\\x41'],
    ['bidi \u202e', 'bidi \\xe2\\x80\\xae'],
  ]
  for (const [value, shown] of cases) {
    await burrow(['put', db, 'k'], Buffer.from(value))
    expect((await burrow(['get', db, 'k'])).stdout).toBe(`${shown}\n`)
  }
  await burrow(['put', db, 'k'], Buffer.from([0x61, 0xff, 0xc3, 0xa9, 0xe2, 0x82]))
  expect((await burrow(['get', db, 'k'])).stdout).toBe('a\\xffé\\xe2\\x82\n')
})

test('scan knows every bound, direction and form', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path)
  for (const key of ['a', 'b1', 'b2', 'c', 'd']) db.putSync(key, key.toUpperCase())
  await db.close()
  const keys = async (...args: string[]) => {
    const records = (await burrowJson(['scan', path, ...args])) as { key: string }[]
    return records.map(({ key }) => key).join(' ')
  }
  expect(await keys()).toBe('a b1 b2 c d')
  expect(await keys('--prefix', 'b')).toBe('b1 b2')
  expect(await keys('--gt', 'a', '--lt', 'c')).toBe('b1 b2')
  expect(await keys('--gte', 'b2', '--lte', 'c')).toBe('b2 c')
  expect(await keys('--reverse', '--limit', '2')).toBe('d c')
  expect(await keys('--limit', '0')).toBe('')
  expect(await keys('--gt', 'x')).toBe('')
  expect((await burrow(['scan', path, '--prefix', 'b'])).stdout).toBe('b1\tB1\nb2\tB2\n')
  expect((await burrow(['scan', path, '--keys', '--limit', '2'])).stdout).toBe('a\nb1\n')
  expect((await burrow(['scan', path, '--values', '--limit', '2'])).stdout).toBe('A\nB1\n')
  expect((await burrow(['scan', path, '--jsonl', '--limit', '2'])).stdout).toBe(
    '{"key":"a","value":"A"}\n{"key":"b1","value":"B1"}\n',
  )
  expect(await burrowJson(['scan', path, '--values', '--limit', '1'])).toEqual([{ value: 'A' }])
})

test('delete of a range', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  for (const key of ['a', 'b', 'c', 'd']) await burrow(['put', path, key, key])
  expect(await burrowJson(['delete', path, '--gte', 'b', '--lt', 'd'])).toEqual({
    range: { gte: 'b', lt: 'd' },
  })
  expect((await burrow(['scan', path, '--keys'])).stdout).toBe('a\nd\n')
})

test('reading goes on beside a writer; writing is refused with its pid', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path)
  await db.put('unflushed', 'yes')
  expect((await burrow(['get', path, 'unflushed'])).stdout).toBe('yes\n')
  expect(await burrow(['stats', path])).toMatchObject({ code: 0 })
  const { code, stderr, stdout } = await burrow(['put', path, 'x', 'y', '--json'])
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'BURROW_LOCKED', retryable: true, context: { holderPid: process.pid } },
  })
  await db.put('still', 'open')
  await db.close()
})

test('stats, levels and compact', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  for (const key of ['a', 'b', 'c']) await burrow(['put', path, key, key])
  expect(await burrowJson(['levels', path])).toMatchObject([{ level: 0, files: [{}, {}, { smallest: 'a' }] }])
  expect((await burrow(['levels', path])).stdout).toMatch(/^L0: 3 tables, .*\n(?: {2}\d{6} .*\n){3}$/)
  expect(await burrowJson(['compact', path])).toMatchObject({ before: { files: 3 } })
  expect((await burrow(['compact', path])).stdout).toMatch(/^\d tables, .* -> \d tables, .* in .* s\n$/)
  expect(await burrowJson(['stats', path])).toMatchObject({
    uptimeMs: expect.any(Number),
    levels: expect.any(Array),
  })
  expect((await burrow(['stats', path])).stdout).toContain('amplification')
  expect((await burrow(['scan', path])).stdout).toBe('a\ta\nb\tb\nc\tc\n')
})

test('compact takes the options that the database is used with', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  for (const value of ['1', '2']) await burrow(['put', path, 'a', value])
  await burrow(['compact', path, '--set', 'compression=none', '--set', 'blockSize=8192'])
  expect(await burrowJson(['levels', path])).toMatchObject(
    expect.arrayContaining([{ level: 6, files: [expect.objectContaining({ codec: 'none', entries: 1 })] }]),
  )
  const { code, stderr } = await burrow(['compact', path, '--set', 'blocksize=8192'])
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("did you mean 'blockSize'?") })
  expect(await burrow(['compact', path, '--set', 'blockSize'])).toMatchObject({ code: 2 })
})

test('a reader that goes away ends the command quietly', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path, { syncWrites: false })
  for (let i = 0; i < 20_000; i++) db.putSync(`key ${i}`, 'x'.repeat(100))
  await db.close()
  for (const form of ['', '--json']) {
    const command = `"${process.execPath}" "${distFile('lib/cli/main.js')}" scan "${path}" ${form} | head -c 10; echo " \${PIPESTATUS[0]}"`
    const output = execFileSync('bash', ['-c', `${command} 2>&1`], { encoding: 'utf8' })
    expect(output).toMatch(/^.{10} 0\n$/s)
  }
})

test('errors: codes and streams', async () => {
  using folder = new TemporaryFolder()
  const none = folder.join('none')
  expect(await burrow(['get', none, 'a'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND there is no database in .*\n$/),
  })
  expect(await burrow(['put', none, 'a', '1', '--no-create'])).toMatchObject({ code: 1 })
  for (const command of ['stats', 'levels', 'compact', 'scan', 'dump-wal', 'dump-manifest']) {
    const { code, stderr, stdout } = await burrow([command, none, '--json'])
    expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' })
    expect(JSON.parse(stderr).error.code).toBe('BURROW_NOT_FOUND')
  }
})

test('a command line that makes no sense: exit code 2, nothing on stdout', async () => {
  const lines = [
    [],
    ['frobnicate'],
    ['get'],
    ['get', 'db'],
    ['get', 'db', 'a', 'b'],
    ['get', 'db', 'xyz', '--hex'],
    ['get', 'db', '===', '--base64'],
    ['scan', 'db', '--limit', '-1'],
    ['scan', 'db', '--limit', 'many'],
    ['scan', 'db', '--json', '--jsonl'],
    ['scan', 'db', '--keys', '--values'],
    ['scan', 'db', '--hex', '--base64'],
    ['delete', 'db'],
    ['delete', 'db', 'key', '--gte', 'a'],
    ['dump-table', 'db'],
    ['dump-table', 'db', 'first'],
  ]
  for (const line of lines) {
    const { code, stderr, stdout } = await burrow(line)
    expect({ line, code, stdout, said: stderr !== '' }).toEqual({ line, code: 2, stdout: '', said: true })
  }
})

test('help and version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  expect(await burrow(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  const help = await burrow(['--help'])
  expect(help.code).toBe(0)
  for (const command of ['put', 'get', 'delete', 'scan', 'stats', 'levels', 'compact', 'dump-wal']) {
    expect(help.stdout).toContain(`  ${command} `)
    expect(await burrow([command, '--help'])).toMatchObject({ code: 0, stderr: '' })
  }
})

test("import 'burrowdb' does not load what only the command needs", () => {
  const url = (path: string) => JSON.stringify(pathToFileURL(distFile(path)).href)
  const loaded = (path: string) => {
    const program = `import { createRequire } from 'node:module'
      await import(${url(path)})
      const names = Object.keys(createRequire(import.meta.url).cache)
      console.log(['commander', 'cli-progress'].filter((name) => names.some((file) => file.includes('node_modules/' + name))))`
    const args = ['--input-type=module', '-e', program]
    return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: root }).trim()
  }
  expect(loaded('lib/cli/program.js')).toBe("[ 'commander', 'cli-progress' ]")
  expect(loaded('lib/index.js')).toBe('[]')
})
