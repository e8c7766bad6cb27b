/** The rules of the house, read from every import and #include: who may use whom, and how long a file may be. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

interface SourceFile {
  readonly path: string
  readonly text: string
}

function filesUnder(folder: string, ending: RegExp): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.includes('third_party'))
    .map((name) => posix.join(folder, name))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** The layer of native/<layer>/… or lib/<layer>/…; for files directly in lib/, their name. */
function layerOf(path: string): string {
  const [, layer] = path.split('/')
  return (layer ?? '').replace(/\.ts$/, '')
}

const nativeLayers: Record<string, readonly string[]> = {
  util: [],
  env: ['util'],
  base: ['util'],
  codec: ['util'],
  datagen: ['codec', 'env', 'util'],
  cache: ['util'],
  memtable: ['base', 'util'],
  wal: ['base', 'env', 'util'],
  table: ['base', 'cache', 'codec', 'env', 'util'],
  merge: ['base', 'util'],
  engine: ['merge', 'table', 'memtable', 'wal', 'cache', 'codec', 'base', 'env', 'util'],
  jobs: ['engine', 'merge', 'table', 'memtable', 'wal', 'cache', 'codec', 'base', 'env', 'util'],
  binding: [
    'datagen',
    'jobs',
    'engine',
    'merge',
    'table',
    'memtable',
    'wal',
    'cache',
    'codec',
    'base',
    'env',
    'util',
  ],
  fuzz: ['memtable', 'wal', 'table', 'cache', 'codec', 'base', 'env', 'util'],
  bench: [
    'datagen',
    'jobs',
    'engine',
    'merge',
    'table',
    'memtable',
    'wal',
    'cache',
    'codec',
    'base',
    'env',
    'util',
  ],
}

const libLayers: Record<string, readonly string[]> = {
  util: [],
  base: ['util'],
  'native-datagen': [],
  'native-stats': ['base'],
  native: ['native-datagen', 'native-stats', 'base', 'util'],
  manifest: ['native', 'base', 'util'],
  compaction: ['manifest', 'native', 'base', 'util'],
  kv: ['compaction', 'manifest', 'native', 'base', 'util'],
  // The folder, and the entry lib/datagen.ts.
  datagen: ['native', 'base', 'util'],
  // Of kv only types and what seenByDebug below names: `db.debug` is attached to.
  debug: ['kv', 'manifest', 'native', 'base', 'util'],
  index: ['debug', 'kv', 'manifest', 'base'],
  // The folder, and the entry lib/tables.ts.
  tables: ['kv', 'base', 'util'],
  bench: ['index', 'native', 'base', 'util'],
  cli: [
    'bench',
    'index',
    'tables',
    'datagen',
    'debug',
    'kv',
    'compaction',
    'manifest',
    'native',
    'base',
    'util',
  ],
}

test('native layers include only what lies below them', () => {
  const wrong: string[] = []
  for (const { path, text } of filesUnder('native', /\.(h|cc)$/)) {
    const layer = layerOf(path)
    const allowed = nativeLayers[layer]
    if (allowed === undefined) wrong.push(`${path}: no rule for the layer ${layer}`)
    // A test may set the stage with anything.
    if (path.endsWith('_test.cc')) continue
    for (const [, included] of text.matchAll(/^#include "([^"]+)"/gm)) {
      const target = (included ?? '').split('/')[0] ?? ''
      if (target !== layer && !allowed?.includes(target)) wrong.push(`${path} includes ${included}`)
    }
    if (layer !== 'binding' && /#include\s+[<"](node_api|napi|uv)\b/.test(text)) {
      wrong.push(`${path} knows JavaScript: only native/binding may`)
    }
  }
  expect(wrong).toEqual([])
})

test('the native sources are listed once, and all of them', () => {
  const lists = JSON.parse(readFileSync(join(root, 'native/sources.gypi'), 'utf8')) as {
    variables: Record<string, string[]>
  }
  const listed = Object.values(lists.variables).flat().sort()
  const present = filesUnder('native', /\.cc$/)
    .map(({ path }) => path.slice('native/'.length))
    .filter((path) => path !== 'util/testing_main.cc')
  expect(listed).toEqual(present)
})

function importsOf(text: string): string[] {
  const forms = [
    /^(?:import|export)\s[\w\s{},*$]*?from\s+'([^']+)'/gm,
    /^import\s+'([^']+)'/gm,
    /\bimport\(\s*'([^']+)'/g,
  ]
  return forms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? ''))
}

/** What lib/debug may import of lib/kv other than types. */
const seenByDebug: Record<string, readonly string[]> = {
  'lib/kv/debug-host.ts': ['debugHost'],
  'lib/kv/database.ts': ['Database'],
  'lib/kv/opened.ts': ['onOpened', 'onOpening'],
  'lib/kv/call-options.ts': ['badOption', 'readCount', 'readEncodings', 'readFlag', 'readOptions'],
  'lib/kv/range.ts': ['rangeNames', 'resolveRange'],
}
/** The packages that a layer may load, besides the CLI's. For debug, optional peers: loaded where they are there. */
const layerPackages: Record<string, ReadonlySet<string>> = {
  debug: new Set(['prom-client', '@opentelemetry/api']),
  tables: new Set(['decimal.js']),
}

/** The names that a file imports or re-exports as values, with where from. */
function valuesOf(text: string): { target: string; names: string[] }[] {
  const found: { target: string; names: string[] }[] = []
  for (const [, braces, target] of text.matchAll(
    /^(?:import|export)\s+(?!type\b)([\w\s{},*$]*?)\s*from\s+'([^']+)'/gm,
  )) {
    const names = (braces ?? '')
      .split(/[{},]/)
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
    found.push({ target: target ?? '', names })
  }
  for (const [, target] of text.matchAll(/\bimport\(\s*'([^']+)'/g)) {
    found.push({ target: target ?? '', names: ['*'] })
  }
  return found
}

test('the debugging layer sees types of lib/kv, and the host', () => {
  const wrong: string[] = []
  for (const { path, text } of filesUnder('lib', /\.ts$/)) {
    if (layerOf(path) !== 'debug') continue
    for (const { target, names } of valuesOf(text)) {
      const imported = posix.join(posix.dirname(path), target)
      if (!imported.startsWith('lib/kv/')) continue
      const extra = names.filter((name) => !seenByDebug[imported]?.includes(name))
      if (extra.length > 0) wrong.push(`${path} imports ${extra.join(', ')} of ${imported}`)
    }
  }
  expect(wrong).toEqual([])
})

test('lib layers import only what lies below them', () => {
  const wrong: string[] = []
  for (const { path, text } of filesUnder('lib', /\.ts$/)) {
    const layer = layerOf(path)
    const allowed = libLayers[layer]
    if (allowed === undefined) wrong.push(`${path}: no rule for the layer ${layer}`)
    for (const target of importsOf(text)) {
      if (target.startsWith('node:')) continue
      if (!target.startsWith('.')) {
        if (layer !== 'cli' && !layerPackages[layer]?.has(target))
          wrong.push(`${path} loads the package ${target}`)
        continue
      }
      const targetLayer = layerOf(posix.join(posix.dirname(path), target))
      if (targetLayer !== layer && !allowed?.includes(targetLayer)) wrong.push(`${path} imports ${target}`)
    }
    if (path !== 'lib/native.ts' && /node-gyp-build|\.node['"]/.test(text))
      wrong.push(`${path} loads the addon`)
  }
  expect(wrong).toEqual([])
})

test('compaction policy is pure: it imports no native code and keeps no clock', () => {
  const background = new Set(['scheduler.ts', 'background.ts', 'obsolete-files.ts'])
  const wrong: string[] = []
  for (const { path, text } of filesUnder('lib/compaction', /\.ts$/)) {
    if (background.has(posix.basename(path))) continue
    for (const target of importsOf(text)) {
      if (/native\.ts$/.test(target) || target.startsWith('node:')) wrong.push(`${path} imports ${target}`)
    }
    if (/\b(Date\.now|performance\.now|setTimeout|setImmediate|Math\.random)\b/.test(text)) {
      wrong.push(`${path} depends on time or chance`)
    }
  }
  expect(wrong).toEqual([])
})

test('files stay one idea long', () => {
  const tooLong = [...filesUnder('native', /\.(h|cc)$/), ...filesUnder('lib', /\.ts$/)]
    .filter(({ path }) => !path.endsWith('_test.cc'))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .filter(({ lines }) => lines > 600)
  expect(tooLong).toEqual([])
})
