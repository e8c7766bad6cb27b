// What a user gets: the tarball, installed in other projects in the ways that people install.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, Workshop } from './workshop.ts'

const roundTrip = `
  const db = await Database.open(':memory:')
  db.putSync('a', '1')
  console.log(db.getSync('a') === '1' ? 'round trip ok' : 'wrong value')
  await db.close()
`
const esm = `import { Database } from 'burrowdb'\n${roundTrip}`
const commonJs = `const { Database } = require('burrowdb'); (async () => { ${roundTrip} })()`
const dataEsm = `
  import { generate } from 'burrowdb/datagen'
  console.log((await generate(10_000, { seed: 1 })).length)
`
const dataCommonJs = `
  const { DataGenerator } = require('burrowdb/datagen')
  console.log(new DataGenerator({ size: 10_000, seed: 1 }).fillSync(Buffer.alloc(20_000)))
`
const tablesEsm = `
  import { Tables } from 'burrowdb/tables'
  const tables = await Tables.open(':memory:')
  await tables.create({ name: 'users', partitionKey: { name: 'id', type: 'S' } })
  await tables.table('users').put({ id: 'a', n: 12345678901234567890n })
  console.log((await tables.table('users').get({ id: 'a' })).n)
  await tables.close()
`
const inWorker = `
  import { Worker } from 'node:worker_threads'
  const source = ${JSON.stringify(`const { Database } = require('burrowdb'); (async () => { ${roundTrip} })()`)}
  for (let i = 0; i < 2; i++) {
    const code = await new Promise((resolve, reject) => {
      new Worker(source, { eval: true }).on('error', reject).on('exit', resolve)
    })
    if (code !== 0) throw new Error('the worker ended with ' + code)
  }
`
const codecs = `
  import { Database } from 'burrowdb'
  for (const compression of ['lz4', 'zstd']) {
    const db = await Database.open(':memory:', { compression })
    db.putSync('a', 'x'.repeat(10000))
    await db.flush()
    console.log(compression, db.getSync('a').length)
    await db.close()
  }
`
const typed = `
  import { Database } from 'burrowdb'
  import { DataGenerator, type Pattern } from 'burrowdb/datagen'
  import { type Item, Tables } from 'burrowdb/tables'
  const pattern: Pattern = 'backref'
  export const written: number = await new DataGenerator({ size: 10, pattern }).fill(new Uint8Array(10))
  const db = await Database.open(':memory:')
  export const value: string | undefined = db.getSync('a')
  export const item: Item | undefined = await (await Tables.open(db)).table('users').get({ id: 'a' })
`

let workshop: Workshop
let compact: string // the tarball without a prebuild
let full: string // the tarball with one

beforeAll(() => {
  workshop = new Workshop()
  compact = workshop.pack('compact')
  const built = run('npm', ['run', 'prebuilds'], workshop.source)
  if (built.code !== 0) throw new Error(built.output)
  full = workshop.pack('full')
})

afterAll(() => workshop?.clear())

function program(folder: string, file: string, text: string) {
  writeFileSync(join(folder, file), text)
  return run(process.execPath, [file], folder)
}

const passes = (lines: string) => ({ code: 0, output: lines })

describe('the tarball', () => {
  test('carries the sources and licences that a build needs, and nothing of the tests', () => {
    const listed = run('tar', ['-tzf', full], workshop.home).output.split('\n')
    for (const file of [
      'LICENSE',
      'binding.gyp',
      'native/sources.gypi',
      'native/third_party/lz4/LICENSE',
      'native/third_party/zstd/LICENSE',
      'dist/lib/index.js',
      'dist/lib/index.d.ts',
    ]) {
      expect(listed).toContain(`package/${file}`)
    }
    expect(
      listed.filter((file) =>
        /_test\.cc$|testing|native\/bench\/|^package\/(test|lib|out|build|bench)\//.test(file),
      ),
    ).toEqual([])
    expect(listed.filter((file) => file.endsWith('.node'))).toHaveLength(1)
  })

  test('leaves nothing staged behind', () => {
    expect(existsSync(join(workshop.source, 'native', 'third_party'))).toBe(false)
  })
})

describe('with a prebuild and without a compiler', () => {
  let folder: string

  test('installs and compiles nothing', () => {
    const installed = workshop.install('prebuilt', full, { path: workshop.pathWithoutCompiler() })
    expect(installed).toMatchObject({ code: 0 })
    folder = installed.folder
    expect(existsSync(join(folder, 'node_modules/burrowdb/build'))).toBe(false)
  })

  test('loads as an ES module', () => {
    expect(program(folder, 'esm.mjs', esm)).toEqual(passes('round trip ok\n'))
  })

  test('loads from CommonJS', () => {
    const { code, output } = program(folder, 'common.cjs', commonJs)
    expect(output).toContain('round trip ok')
    expect(code).toBe(0)
  })

  test('has the data generator as an entry of its own', () => {
    expect(program(folder, 'data.mjs', dataEsm)).toEqual(passes('10000\n'))
    const { code, output } = program(folder, 'data.cjs', dataCommonJs)
    expect(output).toContain('10000\n')
    expect(code).toBe(0)
  })

  test('has the tables as an entry of its own', () => {
    expect(program(folder, 'tables.mjs', tablesEsm)).toEqual(passes('12345678901234567890n\n'))
  })

  test('loads in worker threads, one after the other', () => {
    const { code, output } = program(folder, 'worker.mjs', inWorker)
    expect(output.match(/round trip ok/g)).toHaveLength(2)
    expect(code).toBe(0)
  })

  test('has both codecs', () => {
    expect(program(folder, 'codecs.mjs', codecs)).toEqual(passes('lz4 10000\nzstd 10000\n'))
  })

  test('has types that a strict program compiles against', () => {
    writeFileSync(join(folder, 'typed.mts'), typed)
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2023,esnext.disposable']
    const types = ['--types', 'node', '--typeRoots', join(workshop.source, 'node_modules/@types')]
    const tsc = join(workshop.source, 'node_modules/.bin/tsc')
    const compiled = run(tsc, [...options, ...types, '--module', 'nodenext', 'typed.mts'], folder)
    expect(compiled).toEqual(passes(''))
  })

  test('installs with --ignore-scripts, too', () => {
    const flags = ['--ignore-scripts']
    const scriptless = workshop.install('scriptless', full, { path: workshop.pathWithoutCompiler(), flags })
    expect(scriptless).toMatchObject({ code: 0 })
    expect(program(scriptless.folder, 'esm.mjs', esm)).toEqual(passes('round trip ok\n'))
  })

  test('needs nothing but node-gyp-build for the import', () => {
    for (const name of readdirSync(join(folder, 'node_modules'))) {
      if (!['burrowdb', 'node-gyp-build'].includes(name))
        rmSync(join(folder, 'node_modules', name), { recursive: true })
    }
    expect(program(folder, 'alone.mjs', esm)).toEqual(passes('round trip ok\n'))
  })
})

describe('without a prebuild', () => {
  test('says what to install when there is no compiler', () => {
    const { code, output } = workshop.install('bare', compact, { path: workshop.pathWithoutCompiler() })
    expect(code).not.toBe(0)
    expect(output).toMatch(/burrowdb: .* lacks Python 3, make, a C\+\+20 compiler; install/)
  })

  test('compiles from the sources in the tarball', () => {
    const { folder, code, output } = workshop.install('compiled', compact)
    expect(output).not.toContain('burrowdb: there is no prebuilt binary')
    expect(code).toBe(0)
    expect(
      readFileSync(join(folder, 'node_modules/burrowdb/build/Release/burrowdb.node')).length,
    ).toBeGreaterThan(0)
    expect(program(folder, 'esm.mjs', esm)).toEqual(passes('round trip ok\n'))
    expect(program(folder, 'codecs.mjs', codecs)).toEqual(passes('lz4 10000\nzstd 10000\n'))
  })
})
