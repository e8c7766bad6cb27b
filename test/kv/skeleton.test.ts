import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

const small = { memtableSize: 4096, blockCacheSize: 1 << 20 } as const
const key = (i: number) => `key-${String(i).padStart(6, '0')}`
const value = (i: number) => `value-${i}-${'x'.repeat(i % 50)}`

describe('writing without ever yielding', () => {
  for (const syncWrites of [false, true]) {
    it(`survives a killed process (syncWrites: ${syncWrites})`, async () => {
      const memory = native.memoryEnv()
      const env = native.faultEnv(memory)
      const db = await Database.open('db', { ...small, syncWrites, env })
      const count = 3000
      for (let i = 0; i < count; i++) db.putSync(key(i), value(i))
      const stats = db.stats()
      expect(stats.flush.count).toBeGreaterThan(3)
      for (let i = 0; i < count; i += 7) expect(db.getSync(key(i))).toBe(value(i))
      const clone = memory.crashClone!('kill', 1)
      const again = await Database.open('db', { ...small, env: clone })
      for (let i = 0; i < count; i++) expect(again.getSync(key(i))).toBe(value(i))
      expect([...again.keys()].length).toBe(count)
      await again.close()
      await db.close()
    })
  }

  it('survives a power cut with syncWrites, and a second one right after opening', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const memory = native.memoryEnv()
      const db = await Database.open('db', { ...small, env: memory })
      const count = 400
      for (let i = 0; i < count; i++) db.putSync(key(i), value(i))
      let clone = memory.crashClone!('power', seed)
      for (let round = 0; round < 2; round++) {
        const again = await Database.open('db', { ...small, env: clone })
        for (let i = 0; i < count; i++) expect(again.getSync(key(i)), `seed ${seed}`).toBe(value(i))
        clone = clone.crashClone!('power', seed + 100)
        await again.close()
      }
      await db.close()
    }
  })
})

// A log that a crash left without its end record is replayed and kept until its memtable is flushed. Writes go on in a
// later log meanwhile, and that one must be reachable after the next crash.
describe('a crash soon after a crash', () => {
  for (const [first, second] of [
    ['kill', 'kill'],
    ['kill', 'power'],
    ['power', 'kill'],
    ['power', 'power'],
  ] as const) {
    it(`loses nothing (${first}, then ${second})`, async () => {
      for (let seed = 1; seed <= 20; seed++) {
        const memory = native.memoryEnv()
        const db = await Database.open('db', { env: memory })
        for (let i = 0; i < 300; i++) db.putSync(key(i), value(i))
        const wreck = memory.crashClone!(first, seed)
        const again = await Database.open('db', { env: wreck })
        for (let i = 300; i < 310; i++) again.putSync(key(i), value(i))
        const third = await Database.open('db', { env: wreck.crashClone!(second, seed + 100) })
        for (let i = 0; i < 310; i++) expect(third.getSync(key(i)), `seed ${seed}`).toBe(value(i))
        expect(third.recovery.filesMoved).toEqual([])
        for (const database of [third, again, db]) await database.close()
      }
    })
  }
})

describe('a real process', () => {
  it('that is killed loses nothing that a write(2) has seen', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'burrow-kill-'))
    try {
      const script = fileURLToPath(new URL('./fixtures/write-until-killed.mjs', import.meta.url))
      const last = await new Promise<number>((resolve, reject) => {
        const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
        let text = ''
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString()
          if (text.split('\n').length > 40) child.kill('SIGKILL')
        })
        child.on('error', reject)
        child.on('close', () =>
          resolve(
            Number(
              text
                .split('\n')
                .filter((line) => line.endsWith('.'))
                .at(-1)
                ?.slice(0, -1),
            ),
          ),
        )
      })
      expect(last).toBeGreaterThan(100)
      const db = await Database.open(directory, small)
      for (let i = 0; i <= last; i++) expect(db.getSync(key(i))).toBe(`value-${i}`)
      expect(db.recovery.records).toBeGreaterThan(0)
      await db.close()
      const clean = await Database.open(directory, small)
      expect(clean.recovery).toMatchObject({ created: false, clean: true, records: 0, bytesCut: 0 })
      await clean.close()
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
})
