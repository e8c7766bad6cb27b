import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { Database, type DatabaseOptions } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { KiB, MiB } from '../../lib/util/units.ts'

/** A small disk: a database on it, and something else that takes and gives back space. */
interface Disk {
  readonly path: string
  readonly options: DatabaseOptions
  free(): number
  /** Takes all but so many bytes, until the next call; undefined: nothing. */
  leave(bytes: number | undefined): void
}

const size = 12 * MiB

function memoryDisk(): Disk {
  const env = native.memoryEnv()
  const used = () => env.totalSpace('/') - env.freeSpace('/')
  env.setCapacity!(size)
  return {
    path: 'db',
    options: { env },
    free: () => env.freeSpace('/'),
    leave: (bytes) => env.setCapacity!(bytes === undefined ? size : used() + bytes),
  }
}

const mounted: string[] = []

/** A file system of its own in memory; undefined where this process may not mount one. */
function mountedDisk(): Disk | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'burrow-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    rmSync(directory, { recursive: true })
    return undefined
  }
  mounted.push(directory)
  const other = join(directory, 'other')
  const free = () => native.posixEnv().freeSpace(directory)
  return {
    path: join(directory, 'db'),
    options: {},
    free,
    leave(bytes) {
      rmSync(other, { force: true })
      if (bytes !== undefined) takeAllBut(bytes, other, free)
    },
  }
}

function takeAllBut(bytes: number, file: string, free: () => number): void {
  const fd = openSync(file, 'w')
  const piece = Buffer.alloc(4 * KiB, 1)
  try {
    while (free() > bytes) writeSync(fd, piece)
  } catch (error) {
    // The database may have been faster.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(fd)
  }
}

afterAll(() => {
  for (const directory of mounted) {
    // Lazily: a test that failed has files open.
    execFileSync('umount', ['-l', directory])
    rmSync(directory, { recursive: true })
  }
})

const shape = {
  memtableSize: 128 * KiB,
  targetFileSize: 256 * KiB,
  compression: 'none',
  l0CompactionTrigger: 2,
  blockCacheSize: 0,
  syncWrites: false,
} as const
const value = 'v'.repeat(1000)
const key = (i: number) => `key-${String(i).padStart(6, '0')}`

/** Puts until that is refused, at most so many; how many were taken. */
function fill(db: Database, first: number, most: number): number {
  for (let i = 0; i < most; i++) {
    try {
      db.putSync(key(first + i), value)
    } catch (error) {
      expect(error).toMatchObject({ code: 'BURROW_NO_SPACE' })
      return i
    }
  }
  return most
}

function expectAll(db: Database, from: number, to: number): void {
  const keys = db.keys({ prefix: 'key-' }).nextSync(Number.POSITIVE_INFINITY)
  expect(keys.length).toBe(to - from)
  for (let i = from; i < to; i += 97) expect(db.getSync(key(i))).toBe(value)
}

const makers: [string, () => Disk | undefined][] = [
  ['the memory Env with a capacity', memoryDisk],
  ['a file system of its own', mountedDisk],
]

describe.each(makers)('a full disk: %s', (_, make) => {
  it('refuses data, takes deletions, and goes on when compaction has made room', async (context) => {
    const disk = make()
    if (disk === undefined) return context.skip('mounting is not allowed here')
    const db = await Database.open(disk.path, { ...disk.options, ...shape, diskReserve: 4 * MiB })
    const written = fill(db, 0, 100_000)
    expect(written).toBeGreaterThan(2000)
    await expect(db.put('another', value)).rejects.toMatchObject({ code: 'BURROW_NO_SPACE' })
    await expect(db.batch([{ type: 'put', key: 'another', value }])).rejects.toMatchObject({
      code: 'BURROW_NO_SPACE',
      context: { option: 'diskReserve' },
    })
    expect(db.status).toBe('open')
    expect(db.health().errors.map(({ code }) => code)).toContain('no-space')
    expectAll(db, 0, written)

    const before = disk.free()
    await db.delete(key(0))
    await db.deleteRange({ gte: key(0), lt: key(written - 500) })
    await db.compact()
    await db.flush()
    await sleep(150)
    expect(disk.free()).toBeGreaterThan(before + MiB)
    expectAll(db, written - 500, written)
    expect(fill(db, written, 1000)).toBe(1000)
    expectAll(db, written - 500, written + 1000)
    expect(db.health().errors).toEqual([])
    await db.close()

    const again = await Database.open(disk.path, { ...disk.options, ...shape })
    expect(again.recovery.clean).toBe(true)
    expectAll(again, written - 500, written + 1000)
    await again.close()
  })

  it('goes on when somebody else has made room, with a reserve or without', async (context) => {
    const disk = make()
    if (disk === undefined) return context.skip('mounting is not allowed here')
    for (const diskReserve of [2 * MiB, 0]) {
      const path = `${disk.path}-${diskReserve}`
      const db = await Database.open(path, { ...disk.options, ...shape, diskReserve })
      let written = fill(db, 0, 500)
      expect(written).toBe(500)
      disk.leave(64 * KiB)
      written += fill(db, written, 100_000)
      expect(written).toBeLessThan(5000)
      expect(() => db.putSync('another', value)).toThrow(expect.objectContaining({ code: 'BURROW_NO_SPACE' }))
      expect(db.status).toBe('open')
      expectAll(db, 0, written)
      disk.leave(undefined)
      // Flushes that had no space are tried again; until they are through, memtables fill up once more.
      const deadline = performance.now() + 20_000
      let more = 0
      for (;;) {
        more += fill(db, written + more, 1000 - more)
        if (more === 1000 || performance.now() > deadline) break
        await sleep(20)
      }
      expect(more).toBe(1000)
      expectAll(db, 0, written + 1000)
      await db.close()
      const again = await Database.open(path, { ...disk.options, ...shape })
      expectAll(again, 0, written + 1000)
      await again.close()
      await Database.destroy(path, disk.options)
    }
  })

  it('closes and opens with no space at all, and loses nothing', async (context) => {
    const disk = make()
    if (disk === undefined) return context.skip('mounting is not allowed here')
    const db = await Database.open(disk.path, { ...disk.options, ...shape, diskReserve: 0 })
    fill(db, 0, 300)
    disk.leave(0)
    const written = 300 + fill(db, 300, 100_000)
    await db.close()
    await Database.open(disk.path, { ...disk.options, ...shape }).then(
      async (full) => {
        expectAll(full, 0, written)
        await full.close()
      },
      (error) => expect(error).toMatchObject({ code: 'BURROW_NO_SPACE' }),
    )
    disk.leave(undefined)
    const again = await Database.open(disk.path, { ...disk.options, ...shape })
    expectAll(again, 0, written)
    await again.close()
  })
})
