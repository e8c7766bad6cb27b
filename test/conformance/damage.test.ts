import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type BurrowError, Database } from '../../lib/index.ts'
import { distFile } from '../dist.ts'
import { copyForEachTest } from '../kv/copies.ts'
import { filesOf } from '../kv/wreck.ts'

const copy = copyForEachTest('closed', async (path) => {
  const db = await Database.open(path, { compression: 'none' })
  for (const part of ['a', 'b', 'c']) {
    for (let i = 0; i < 300; i++) db.putSync(`${part}${i}`, `${part}${i} `.repeat(20), { sync: false })
    await db.flush()
  }
  return db
})

async function failureOf(run: () => Promise<unknown>): Promise<BurrowError> {
  try {
    await run()
  } catch (error) {
    return error as BurrowError
  }
  throw new Error('nothing failed')
}

/** Opening fails so, names the file, and changes nothing; read-only too. */
async function expectFailure(code: string, file: string | RegExp): Promise<void> {
  const before = filesOf(copy.path)
  for (const options of [{}, { readOnly: true }, { createIfMissing: false }]) {
    const error = await failureOf(() => Database.open(copy.path, options))
    expect(error).toMatchObject({ name: 'BurrowError', code })
    expect(String(error.context.file ?? error.message)).toMatch(file)
    expect(filesOf(copy.path)).toEqual(before)
  }
  expect(await Database.exists(copy.path)).toBe(true)
  const error = await failureOf(() => Database.open(copy.path, { errorIfExists: true }))
  expect(error.code).toBe('BURROW_EXISTS')
}

describe('opening', () => {
  it.each([
    ['empty', ''],
    ['garbage', '\0\xff garbage'],
    ['without line end', 'MANIFEST-000001'],
    ['naming nothing', 'MANIFEST-999999\n'],
    ['naming a table', '000001.sst\n'],
    ['naming a path', '../sound/MANIFEST-000001\n'],
    ['huge', 'MANIFEST-'.repeat(100_000)],
  ])('with a CURRENT that is %s is corruption', async (_, text) => {
    writeFileSync(copy.file('CURRENT'), text, 'latin1')
    await expectFailure('BURROW_CORRUPTION', /CURRENT|MANIFEST-999999/)
  })

  it('without CURRENT, table, log or manifest is corruption', async () => {
    for (const name of [
      ...copy.names(/\.sst$/),
      ...copy.names(/\.wal$/),
      ...copy.names(/^MANIFEST/),
      'CURRENT',
    ]) {
      renameSync(copy.file(name), join(copy.folder, 'aside'))
      await expectFailure('BURROW_CORRUPTION', new RegExp(name))
      renameSync(join(copy.folder, 'aside'), copy.file(name))
    }
    await (await Database.open(copy.path)).close()
  })

  it('with a table or manifest that was cut or grew is corruption', async () => {
    for (const name of copy.names(/\.sst$/)) {
      const bytes = readFileSync(copy.file(name))
      for (const damaged of [
        bytes.subarray(0, -1),
        bytes.subarray(0, 10),
        Buffer.alloc(0),
        Buffer.concat([bytes, bytes]),
      ]) {
        writeFileSync(copy.file(name), damaged)
        await expectFailure('BURROW_CORRUPTION', new RegExp(name))
      }
      writeFileSync(copy.file(name), bytes)
    }
  })

  it('with any byte of the manifest changed fails or loses nothing silently', async () => {
    const [name] = copy.names(/^MANIFEST/) as [string]
    const file = copy.file(name)
    const bytes = readFileSync(file)
    const step = Math.max(1, Math.floor(bytes.length / 25))
    for (let at = 0; at < bytes.length; at += step) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 0x41
      writeFileSync(file, damaged)
      try {
        const db = await Database.open(copy.path, { readOnly: true })
        const count = (await db.keys().all()).length
        const { bytesCut } = db.recovery
        await db.close()
        expect(count === 900 || bytesCut > 0, `byte ${at}: ${count} keys, ${bytesCut} bytes cut`).toBe(true)
      } catch (error) {
        expect(error, `byte ${at}`).toMatchObject({ name: 'BurrowError' })
        expect(['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED'], `byte ${at}`).toContain(
          (error as BurrowError).code,
        )
      }
    }
  })
})

describe('reading', () => {
  it('a damaged block is corruption with file and offset; other keys are fine, scans fail there', async () => {
    const [name] = copy.names(/\.sst$/) as [string]
    const file = copy.file(name)
    const bytes = readFileSync(file)
    const at = bytes.indexOf('a150 a150')
    bytes[at]! ^= 1
    writeFileSync(file, bytes)
    const db = await Database.open(copy.path)
    for (const read of [
      () => db.get('a150'),
      async () => db.getSync('a150'),
      () => db.getMany(['b1', 'a150']),
    ]) {
      const error = await failureOf(read)
      expect(error).toMatchObject({ name: 'BurrowError', code: 'BURROW_CORRUPTION' })
      expect(error.context.file).toMatch(new RegExp(`${name}$`))
      expect(error.context.offset).toBeTypeOf('number')
      expect(error.context.offset).toBeLessThanOrEqual(at)
      expect(error.message).toContain(name)
    }
    expect((await db.get('b150'))?.startsWith('b150')).toBe(true)
    expect((await db.get('a0'))?.startsWith('a0')).toBe(true)
    expect((await db.keys({ gte: 'b' }).all()).length).toBe(600)
    expect((await failureOf(() => db.entries().all())).code).toBe('BURROW_CORRUPTION')
    expect(() => [...db.keys()]).toThrow(expect.objectContaining({ code: 'BURROW_CORRUPTION' }))
    expect((await failureOf(() => db.compact())).code).toBe('BURROW_CORRUPTION')
    expect((await db.get('c7'))?.startsWith('c7')).toBe(true)
    expect(db.stats().iterators.live).toBe(0)
    expect(db.stats().errors.byCode['BURROW_CORRUPTION']).toBeGreaterThan(0)
    await db.close()
    expect(copy.names(/\.sst$/)).toContain(name)
  })

  it('no damaged byte of a table gives a wrong answer', async () => {
    const [name] = copy.names(/\.sst$/) as [string]
    const file = copy.file(name)
    const bytes = readFileSync(file)
    const step = Math.max(1, Math.floor(bytes.length / 80))
    let failed = 0
    for (let at = 3; at < bytes.length; at += step) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 0x80
      writeFileSync(file, damaged)
      const db = await Database.open(copy.path, { readOnly: true, blockCacheSize: 0 }).catch(
        (error: BurrowError) => {
          expect(['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED']).toContain(error.code)
          failed++
        },
      )
      if (db === undefined) continue
      for (let i = 0; i < 300; i += 3) {
        try {
          expect(db.getSync(`a${i}`), `byte ${at}, a${i}`).toBe(`a${i} `.repeat(20))
        } catch (error) {
          if ((error as BurrowError).code !== 'BURROW_CORRUPTION') throw error
          failed++
        }
      }
      await db.close()
    }
    expect(failed).toBeGreaterThan(30)
  })
})

describe('paths', () => {
  it('that are files, below files, or not there', async () => {
    const file = join(copy.folder, 'file')
    writeFileSync(file, 'mine')
    expect((await failureOf(() => Database.open(file))).code).toBe('BURROW_INVALID_ARGUMENT')
    expect((await failureOf(() => Database.open(file, { readOnly: true }))).code).toBe(
      'BURROW_INVALID_ARGUMENT',
    )
    expect((await failureOf(() => Database.destroy(file))).code).toBe('BURROW_INVALID_ARGUMENT')
    expect((await failureOf(() => Database.open(join(file, 'below')))).code).toBe('BURROW_IO')
    expect(await Database.exists(file)).toBe(false)
    expect(readFileSync(file, 'utf8')).toBe('mine')
    const nowhere = join(copy.folder, 'no', 'where')
    for (const options of [{ createIfMissing: false }, { readOnly: true }]) {
      const error = await failureOf(() => Database.open(nowhere, options))
      expect(error.code).toBe('BURROW_NOT_FOUND')
    }
    expect(await Database.exists(nowhere)).toBe(false)
    await Database.destroy(nowhere)
    expect(readdirSync(copy.folder)).not.toContain('no')
    const empty = join(copy.folder, 'empty')
    mkdirSync(empty)
    expect((await failureOf(() => Database.open(empty, { createIfMissing: false }))).code).toBe(
      'BURROW_NOT_FOUND',
    )
    expect(readdirSync(empty)).toEqual([])
    expect(await Database.exists(empty)).toBe(false)
    await (await Database.open(empty, { errorIfExists: true })).close()
    expect((await failureOf(() => Database.open(empty, { errorIfExists: true }))).code).toBe('BURROW_EXISTS')
    expect(await Database.exists(empty)).toBe(true)
  })

  it('one database is locked under all of its names', async () => {
    const link = join(copy.folder, 'link')
    symlinkSync(copy.path, link)
    const db = await Database.open(copy.path)
    for (const name of [copy.path, link, `${copy.path}/`, join(copy.path, '..', basename(copy.path), '.')]) {
      const error = await failureOf(() => Database.open(name))
      expect(error).toMatchObject({ code: 'BURROW_LOCKED', context: { holderPid: process.pid } })
      expect((await failureOf(() => Database.destroy(name))).code).toBe('BURROW_LOCKED')
    }
    expect((await db.keys().all()).length).toBe(900)
    await db.close()
    const again = await Database.open(link)
    await again.close()
  })

  it('destroy takes what is the database, and nothing else', async () => {
    writeFileSync(copy.file('notes.txt'), 'mine')
    await Database.destroy(copy.path)
    expect(readdirSync(copy.path)).toEqual(['notes.txt'])
    expect(await Database.exists(copy.path)).toBe(false)
    await Database.destroy(copy.path)
    rmSync(copy.file('notes.txt'))
    const db = await Database.open(copy.path)
    expect(await db.keys().all()).toEqual([])
    await db.close()
    writeFileSync(copy.file('CURRENT'), 'damaged')
    await Database.destroy(copy.path)
    expect(() => readdirSync(copy.path)).toThrow()
  })

  // The superuser may do everything, so it asks as somebody else.
  it('without permission is an I/O error', () => {
    const program = `
      import { Database } from ${JSON.stringify(distFile('lib/index.js'))}
      const path = ${JSON.stringify(copy.path)}
      for (const call of [
        () => Database.open(path),
        () => Database.open(path, { readOnly: true }),
        () => Database.open(path + '/below'),
        () => Database.destroy(path),
        () => Database.exists(path),
      ]) await call().catch((error) => console.log(error.code, error.context.errno))`
    const user = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    chmodSync(copy.folder, 0o755)
    chmodSync(copy.path, 0)
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      ...user,
      encoding: 'utf8',
    })
    chmodSync(copy.path, 0o755)
    expect(stdout).toBe('BURROW_IO 13\n'.repeat(5))
  })
})
