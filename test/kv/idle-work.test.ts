import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'

const MiB = 2 ** 20
const options = { memtableSize: MiB, compression: 'none', syncWrites: false } as const

/** So many bytes of records in random order, without a pause. */
function fill(db: Database<string, string>, bytes: number, name = 'key'): void {
  for (let i = 0; i < bytes / 1000; i++)
    db.putSync(`${name} ${String((i * 7919) % 100_003)}`, 'v'.repeat(1000))
}

const tables = (db: Database<string, string>) => db.levels().map(({ files }) => files.length)

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(10)
}

describe('when nobody writes', () => {
  it('what flushes left is merged, the memtable too', async () => {
    const db = await Database.open(':memory:', options)
    const reasons: string[] = []
    db.on('compaction', ({ reason, phase }) => {
      if (phase === 'end') reasons.push(`compaction ${reason}`)
    })
    db.on('flush', ({ reason, phase }) => {
      if (phase === 'end') reasons.push(`flush ${reason}`)
    })
    fill(db, 2.5 * MiB)
    await until(() => reasons.includes('compaction idle'))
    expect(reasons.slice(-2)).toEqual(['flush idle', 'compaction idle'])
    expect(tables(db)[0]).toBe(0)
    expect(tables(db).filter((count) => count > 0)).toHaveLength(1)
    expect(db.getSync('key 7919')).toBe('v'.repeat(1000))
    await db.close()
  })

  it('nothing happens while compaction is paused, and all of it afterwards', async () => {
    const db = await Database.open(':memory:', options)
    let merged = 0
    db.on('compaction', ({ reason, phase }) => {
      if (reason === 'idle' && phase === 'end') merged++
    })
    await db.pauseCompaction()
    fill(db, 2.5 * MiB)
    await until(() => tables(db)[0] === 2)
    await sleep(300)
    expect(merged).toBe(0)
    expect(tables(db)[0]).toBe(2)
    await db.resumeCompaction()
    await until(() => merged > 0)
    expect(tables(db)[0]).toBe(0)
    await db.close()
  })

  it('much old data is not rewritten for little that is new', async () => {
    const db = await Database.open(':memory:', { ...options, baseLevelSize: 64 * MiB })
    fill(db, 4 * MiB)
    await db.compact()
    let merged = 0
    db.on('compaction', ({ reason }) => {
      if (reason === 'idle') merged++
    })
    fill(db, MiB)
    await db.flush()
    await sleep(300)
    expect(merged).toBe(0)
    expect(tables(db)[0]).toBeGreaterThan(0)
    await db.close()
  })

  it('nothing happens where that is not wanted', async () => {
    const db = await Database.open(':memory:', { ...options, idleCompaction: false })
    fill(db, 2.5 * MiB)
    await until(() => tables(db)[0] === 2)
    await sleep(300)
    expect(tables(db)[0]).toBe(2)
    await db.close()
  })

  it('closing does not wait for it', async () => {
    const db = await Database.open(':memory:', { ...options, compactionBytesPerSecond: MiB })
    fill(db, 2.5 * MiB)
    await until(() => db.stats().compaction.jobs.length > 0)
    await db.close()
  })
})
