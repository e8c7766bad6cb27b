/**
 * Runs docs/recovery.md: for each section a database is damaged as the section says, its commands run in order as a
 * shell would run them, and what the section guarantees is checked. Comments behind commands count: `# exit code 1`,
 * or text that the command prints.
 */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile, root } from '../dist.ts'
import { copyDirectory } from '../kv/wreck.ts'

interface Stage {
  /** Makes what the section finds in the folder; what it returns is called when the commands have run. */
  readonly set: (folder: string) => Promise<undefined | (() => Promise<void>)>
  /** Which of the keys 0 to 399 are in `data` afterwards; by default all. */
  readonly has?: (i: number) => boolean
}

const key = (i: number) => `user/${String(i).padStart(4, '0')}`
const value = (i: number) => `value ${i} `.repeat(5)

async function fill(db: Database, begin: number, end: number): Promise<void> {
  for (let i = begin; i < end; i++) await db.put(key(i), value(i), { sync: i >= 300 })
}

/** Four tables in L0, 5 the oldest; or three, and writes 300 to 399 in log 6, as a killed process leaves it. */
async function make(path: string, end: 'closed' | 'killed'): Promise<undefined> {
  const original = `${path}.original`
  const db = await Database.open(original, { compression: 'none', l0CompactionTrigger: 8 })
  for (const begin of [0, 100, 200]) {
    await fill(db as Database, begin, begin + 100)
    await db.flush()
  }
  await fill(db as Database, 300, 400)
  if (end === 'killed') copyDirectory(original, path)
  await db.close()
  if (end === 'closed') copyDirectory(original, path)
  rmSync(original, { recursive: true })
}

function fileOf(path: string, pattern: RegExp): string {
  return join(path, readdirSync(path).find((name) => pattern.test(name))!)
}

function flip(file: string, at: number | string): void {
  const bytes = readFileSync(file)
  bytes[typeof at === 'number' ? at : bytes.indexOf(at)]! ^= 0x20
  writeFileSync(file, bytes)
}

function damaged(end: 'closed' | 'killed', damage: (data: string) => void): Stage['set'] {
  return async (folder) => {
    const data = join(folder, 'data')
    await make(data, end)
    damage(data)
    return undefined
  }
}

const sound = (end: 'closed' | 'killed') => damaged(end, () => {})
const firstTable = (i: number) => i < 100
const damageLog = (data: string) => flip(join(data, '000006.wal'), 'value 350')

const stages: Readonly<Record<string, Stage>> = {
  'Is it sound?': { set: sound('killed') },
  'After a crash': { set: sound('killed') },
  'It is in use': {
    set: async (folder) => {
      const db = await Database.open(join(folder, 'data'))
      await fill(db as Database, 0, 400)
      return () => db.close()
    },
  },
  'It cannot be read': { set: sound('closed') },
  'A table is damaged': {
    // A block of 4 KiB has the first 71 of the 100 records of a table.
    set: damaged('closed', (data) => flip(join(data, '000005.sst'), 'value 10 ')),
    has: (i) => i >= 71,
  },
  'A table is missing': {
    set: damaged('closed', (data) => rmSync(join(data, '000005.sst'))),
    has: (i) => !firstTable(i),
  },
  'A log is damaged': { set: damaged('killed', damageLog), has: (i) => i < 350 },
  'A log is missing': {
    set: damaged('killed', (data) => rmSync(join(data, '000006.wal'))),
    has: (i) => i < 300,
  },
  'CURRENT is gone': { set: damaged('killed', (data) => truncateSync(join(data, 'CURRENT'))) },
  'The manifest is damaged': {
    set: damaged('killed', (data) => flip(fileOf(data, /^MANIFEST/), 60)),
  },
  'The manifest is missing': { set: damaged('closed', (data) => rmSync(fileOf(data, /^MANIFEST/))) },
  'Files were mixed': {
    set: async (folder) => {
      const [data, other] = [join(folder, 'data'), join(folder, 'other')]
      await make(data, 'closed')
      await make(other, 'closed')
      cpSync(join(other, '000005.sst'), join(data, '000005.sst'))
      return undefined
    },
    has: (i) => !firstTable(i),
  },
  'Writes are refused': { set: sound('killed') },
  'The disk is full': {
    set: async (folder) => {
      await make(join(folder, 'data'), 'closed')
      const db = await Database.open(join(folder, 'data'))
      await db.put('log/1', 'old')
      await db.close()
      return undefined
    },
  },
  'Writes stall': { set: sound('closed') },
  'Opening takes long': { set: sound('killed') },
  'Files in lost/': {
    set: async (folder) => {
      const data = join(folder, 'data')
      await make(data, 'killed')
      damageLog(data)
      const db = await Database.open(data, { recovery: 'salvage' })
      await db.close()
      return undefined
    },
    has: (i) => i !== 350,
  },
  'Going back to a backup': {
    set: async (folder) => {
      const db = await Database.open(join(folder, 'data'))
      await fill(db as Database, 0, 200)
      await db.backup(join(folder, 'backups'))
      await fill(db as Database, 200, 300)
      await db.backup(join(folder, 'backups'))
      await fill(db as Database, 300, 400)
      await db.close()
      return undefined
    },
  },
  'A key is missing': {
    set: async (folder) => {
      const data = join(folder, 'data')
      await make(data, 'closed')
      const db = await Database.open(data, { l0CompactionTrigger: 8 })
      await db.delete(key(42))
      copyDirectory(data, join(folder, 'killed'))
      await db.close()
      rmSync(data, { recursive: true })
      renameSync(join(folder, 'killed'), data)
      return undefined
    },
    has: (i) => i !== 42,
  },
  'Before something risky': { set: sound('closed'), has: () => false },
  'Moving to another place': { set: sound('closed') },
  'From a program': { set: damaged('killed', damageLog), has: (i) => i !== 350 },
}

const text = readFileSync(join(root, 'docs/recovery.md'), 'utf8')
const sections = text
  .split(/^## /m)
  .slice(1)
  .map((section) => {
    const end = section.indexOf('\n')
    const blocks = [...section.matchAll(/^```(\w+)\n((?:.*\n)*?)```$/gm)]
    return {
      title: section.slice(0, end),
      blocks: blocks.map(([, language, code]) => ({ language, code: code! })),
    }
  })
const run = sections.filter(({ blocks }) => blocks.length > 0)

test('every section with commands has a stage, and every symptom a section', () => {
  expect(run.map(({ title }) => title)).toEqual(Object.keys(stages))
  const anchors = sections.map(({ title }) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!)
  expect(links.length).toBeGreaterThan(15)
  expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([])
})

test.each(run)('$title', async ({ blocks, title }) => {
  const main = distFile('lib/cli/main.js')
  using folder = new TemporaryFolder()
  const { has = () => true, set } = stages[title]!
  const end = await set(folder.path)
  for (const { code, language } of blocks) {
    if (language === 'js') runProgram(folder, code)
    else for (const line of code.trim().split('\n')) runLine(folder.path, main, line)
  }
  await end?.()
  const db = await Database.open(folder.join('data'), { createIfMissing: false })
  const found = [...db.entries({ prefix: 'user/' })]
  await db.close()
  const expected = Array.from({ length: 400 }, (_, i) => i).filter(has)
  expect(found).toEqual(expected.map((i) => [key(i), value(i)]))
})

function runLine(cwd: string, main: string, line: string): void {
  const [, command = '', comment = ''] = /^(.*?)(?:\s+# (.*))?$/.exec(line)!
  const [, status] = /^exit code (\d)$/.exec(comment) ?? []
  const script = `burrow() { "${process.execPath}" "${main}" "$@"; }\n${command}`
  const result = spawnSync('bash', ['-c', script], { cwd, encoding: 'utf8' })
  const said = `${result.stdout}${result.stderr}`
  expect({ line, status: result.status, said }).toEqual({ line, status: Number(status ?? 0), said })
  if (status === undefined) expect(said).toContain(comment)
}

function runProgram(folder: TemporaryFolder, code: string): void {
  mkdirSync(folder.join('node_modules'))
  symlinkSync(root, folder.join('node_modules/burrowdb'))
  writeFileSync(folder.join('program.mjs'), code)
  const result = spawnSync(process.execPath, ['program.mjs'], { cwd: folder.path, encoding: 'utf8' })
  expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' })
  expect(result.stdout).not.toBe('')
}
