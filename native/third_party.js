// Where the sources of the compression libraries are. They are never in git: npm packages carry them (devDependencies),
// and `npm pack` stages them into native/third_party/, so that the published tarball can be compiled on its own.
//
//   node native/third_party.js <library>             its include folder, relative to the package root ('' when absent)
//   node native/third_party.js <library> --have      1 or 0
//   node native/third_party.js <library> --sources   what to compile, one path a line, relative to the package root
//   node native/third_party.js stage | unstage       copy sources and licences in before packing, remove them after
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const staging = join(root, 'native', 'third_party')

// folder: the library inside its carrier; include, sources and keep are relative to that folder.
const libraries = {
  lz4: {
    carrier: 'lmdb',
    folder: 'dependencies/lz4/lib',
    include: '.',
    sources: /^lz4\.c$/,
    keep: /^(lz4\.[ch]|LICENSE)$/,
  },
  zstd: {
    carrier: 'zstd-napi',
    folder: 'deps/zstd',
    include: 'lib',
    sources: /^lib\/.*\.[cS]$/,
    keep: /^(lib\/.*\.[chS]|LICENSE)$/,
  },
}

function inCarrier({ carrier, folder }) {
  // Not require.resolve(): a package may hide its package.json behind "exports".
  const searched = createRequire(join(root, 'package.json')).resolve.paths(carrier) ?? []
  return searched.map((modules) => join(modules, carrier, folder)).find((path) => existsSync(path))
}

function locate(name) {
  const staged = join(staging, name)
  return existsSync(staged) ? staged : inCarrier(libraries[name])
}

function files(folder, wanted) {
  return readdirSync(folder, { recursive: true })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => wanted.test(path))
    .sort()
}

function fromRoot(path) {
  return relative(root, path).split(sep).join('/')
}

function stage() {
  unstage()
  for (const [name, library] of Object.entries(libraries)) {
    const from = inCarrier(library)
    if (!from) throw new Error(`cannot stage ${name}: npm package ${library.carrier} is not installed`)
    for (const file of files(from, library.keep)) {
      mkdirSync(dirname(join(staging, name, file)), { recursive: true })
      cpSync(join(from, file), join(staging, name, file))
    }
  }
}

function unstage() {
  rmSync(staging, { recursive: true, force: true })
}

function answer(verb, flag) {
  if (verb === 'stage') return stage()
  if (verb === 'unstage') return unstage()
  const library = libraries[verb]
  if (!library)
    throw new Error(
      `usage: third_party.js ${Object.keys(libraries).join('|')} [--have|--sources] | stage | unstage`,
    )
  const folder = locate(verb)
  if (flag === '--have') return folder ? '1' : '0'
  if (!folder) return ''
  if (flag === '--sources')
    return files(folder, library.sources)
      .map((file) => fromRoot(join(folder, file)))
      .join('\n')
  return fromRoot(join(folder, library.include))
}

const text = answer(process.argv[2], process.argv[3])
if (text !== undefined) console.log(text)
