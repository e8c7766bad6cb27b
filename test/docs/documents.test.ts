import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../../lib/index.ts'
import { burrow, TemporaryFolder } from '../cli/burrow.ts'
import { burrowHere } from '../cli/in-process.ts'
import { distFile, root } from '../dist.ts'
import {
  componentsTable,
  healthTable,
  optionsTable,
  presetsLine,
  presetsTable,
  section,
  shortTable,
} from './generated.ts'

const mostUsed = [
  'syncWrites',
  'keyEncoding',
  'valueEncoding',
  'createIfMissing',
  'readOnly',
  'memtableSize',
  'maxMemtables',
  'blockCacheSize',
  'compression',
  'bloomBitsPerKey',
  'maxOpenFiles',
  'maxBackgroundJobs',
]

describe('the tables of options are those of the schema (BURROW_REWRITE=1 writes them)', () => {
  const sections: [string, string, string][] = [
    ['docs/options.md', 'options', optionsTable()],
    ['docs/options.md', 'health', healthTable()],
    ['docs/options.md', 'presets', presetsTable()],
    ['docs/logging.md', 'components', componentsTable()],
    ['README.md', 'options', shortTable(mostUsed)],
    ['README.md', 'presets', presetsLine()],
  ]
  test.each(sections)('%s: %s', (file, name, expected) => {
    expect(section(file, name, expected)).toBe(expected)
  })
})

const readme = readFileSync(join(root, 'README.md'), 'utf8')

/** The code blocks of one language. */
function blocks(language: string, text = readme): string[] {
  return [...text.matchAll(/^```(\w+)\n((?:.*\n)*?)```$/gm)].flatMap(([, name, code]) =>
    name === language ? code! : [],
  )
}

const guides = ['operations', 'datagen', 'debugging', 'logging', 'metrics', 'partiql'].map((name) =>
  readFileSync(join(root, `docs/${name}.md`), 'utf8'),
)

describe('every example of the README and of the guides runs', () => {
  const programs = [readme, ...guides].flatMap((text) => blocks('js', text))
  test.each(programs.map((code, index) => [index + 1, code] as const))('JavaScript %i', (_, code) => {
    distFile('lib/index.js')
    using folder = new TemporaryFolder()
    mkdirSync(folder.join('node_modules'))
    symlinkSync(root, folder.join('node_modules/burrowdb'))
    const file = folder.join(code.includes('require(') ? 'example.cjs' : 'example.mjs')
    writeFileSync(file, code)
    const output = execFileSync(process.execPath, [file], { cwd: folder.path, encoding: 'utf8' })
    if (code.includes('console.log')) expect(output).not.toBe('')
  })

  test.each(['README.md', 'docs/tables.md'])('the commands of %s', async (file) => {
    using folder = new TemporaryFolder()
    const lines = blocks('sh', readFileSync(join(root, file), 'utf8')).flatMap((code) =>
      code.split('\n').filter((line) => line.startsWith('npx burrow ')),
    )
    expect(lines.length).toBeGreaterThan(2)
    for (const line of lines) {
      const words = line.match(/'[^']*'|\S+/g)!.slice(2)
      const args = words.map((word) => word.replace(/^'|'$/g, '').replace(/^\.\//, `${folder.path}/`))
      expect(await burrowHere(args), line).toMatchObject({ code: 0, stderr: '' })
    }
  })
})

test('the README names every command and every error that can happen, and no other', async () => {
  const help = (await burrow(['--help'])).stdout
  const commands = [...help.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, name]) => name!)
  expect(commands.length).toBeGreaterThan(8)
  for (const command of commands) expect(readme).toContain(`\`${command} `)
  const named = new Set([...readme.matchAll(/`(BURROW_[A-Z_]+)`/g)].map(([, code]) => code!))
  expect([...named].filter((code) => !(errorCodes as readonly string[]).includes(code))).toEqual([])
})

test('links between documents lead somewhere', () => {
  const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  const broken = documents.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !existsSync(join(root, dirname(file), target)))
      .map((target) => `${file}: ${target}`)
  })
  expect(broken).toEqual([])
})
