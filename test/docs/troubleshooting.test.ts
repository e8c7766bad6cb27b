/** Runs every command of docs/troubleshooting.md, on a database that has what its examples name. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'
import { burrow, TemporaryFolder } from '../cli/burrow.ts'
import { root } from '../dist.ts'
import { copyDirectory } from '../kv/wreck.ts'

const text = readFileSync(join(root, 'docs/troubleshooting.md'), 'utf8')
const commands = [
  ...new Set([...text.matchAll(/^burrow .*$|`(burrow [^`]*)`/gm)].map(([all, span]) => span ?? all)),
]

/** Table 5, logs as a killed process leaves them, a backup. */
async function make(folder: TemporaryFolder): Promise<void> {
  const db = await Database.open(folder.join('live'))
  for (let i = 0; i < 100; i++) db.putSync(`user/${String(i).padStart(4, '0')}`, 'Ada', { sync: false })
  await db.flush()
  db.putSync('user/0042', 'Grace')
  await db.backup(folder.join('backups'))
  db.deleteSync('user/0043')
  copyDirectory(db.path, folder.join('original'))
  await db.close()
}

test('there are commands', () => {
  expect(commands.length).toBeGreaterThan(20)
})

test('every command of the guide runs', async () => {
  using folder = new TemporaryFolder()
  await make(folder)
  const outcomes = []
  for (const command of commands) {
    // Some change it.
    copyDirectory(folder.join('original'), folder.join('data'))
    const args = command.split(' ').slice(1)
    const at = args.map((arg) => (arg === 'data' || arg === 'backups' ? folder.join(arg) : arg))
    const { code, stderr } = await burrow(at)
    outcomes.push({ command, code, stderr })
  }
  expect(outcomes).toEqual(commands.map((command) => ({ command, code: 0, stderr: '' })))
})
