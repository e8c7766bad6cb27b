import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { Database } from '../../lib/index.ts'
import { verifyDirectory } from '../../lib/kv/verify.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { distFile } from '../dist.ts'

const program = fileURLToPath(new URL('fixtures/write-rounds.mjs', import.meta.url))

/** Verifies the files of a process that flushes, compacts and rolls its manifest all the time; it must find no damage. */
export async function verifyBesideWriter(rounds: number): Promise<{ tables: number; replaced: number }> {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  distFile('lib/index.js')
  const writer: ChildProcess = spawn(process.execPath, [program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const seen = { tables: 0, replaced: 0 }
  try {
    await once(writer.stdout!, 'data')
    for (let round = 0; round < rounds; round++) {
      const { notes, problems, tables } = await verifyDirectory(path)
      expect(problems, `round ${round}`).toEqual([])
      seen.tables += tables
      seen.replaced += notes.filter((note) => note.includes('replaced')).length
      if (round % 5 > 0) continue
      const reader = await Database.open(path, { readOnly: true })
      expect((await reader.verify()).problems, `round ${round}`).toEqual([])
      await reader.close()
    }
    expect(writer.exitCode).toBe(null)
  } finally {
    writer.kill('SIGKILL')
    await once(writer, 'exit')
  }
  // What the kill leaves is no damage either.
  expect((await verifyDirectory(path)).problems).toEqual([])
  return seen
}
