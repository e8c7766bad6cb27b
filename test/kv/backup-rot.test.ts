import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Database, isBurrowError } from '../../lib/index.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { tiny } from './backup-model.ts'

const expectedCodes = ['BURROW_CORRUPTION', 'BURROW_UNSUPPORTED', 'BURROW_IO']

/** Two backups; the second one has a table more. */
async function twoBackups(folder: TemporaryFolder): Promise<string> {
  const backups = folder.join('backups')
  await using db = await Database.open(folder.join('db'), { ...tiny, l0CompactionTrigger: 10 })
  db.putSync('a', '1')
  await db.backup(backups)
  db.putSync('b', '2')
  await db.backup(backups)
  return backups
}

/** Every `step`th byte flipped, one at a time, and the file cut there. */
function* damages(sound: Buffer, step: number): Generator<[string, Buffer]> {
  for (let offset = 0; offset < sound.length; offset += step) {
    const flipped = Buffer.from(sound)
    flipped[offset]! ^= 1 << (offset % 8)
    yield [`byte ${offset} flipped`, flipped]
    yield [`cut at ${offset}`, sound.subarray(0, offset)]
  }
}

test('a damaged description is found, and the other backup stays usable', async () => {
  using folder = new TemporaryFolder()
  const backups = await twoBackups(folder)
  const file = `${backups}/000002/MANIFEST-000001`
  const sound = readFileSync(file)
  for (const [what, bytes] of damages(sound, 3)) {
    writeFileSync(file, bytes)
    const [first, second] = await Database.listBackups(backups)
    expect(first, what).toMatchObject({ id: 1, damage: null, files: 1 })
    expect(second, what).toMatchObject({ id: 2, damage: expect.stringContaining('000002'), files: null })
    const error: unknown = await Database.restore(backups, folder.join('r')).catch((error: unknown) => error)
    expect(isBurrowError(error) && expectedCodes.includes(error.code), `${what}: ${String(error)}`).toBe(true)
  }
  await Database.restore(backups, folder.join('r'), { id: 1 })
})

test('a damaged table is found by verification and by restore', async () => {
  using folder = new TemporaryFolder()
  const backups = await twoBackups(folder)
  const shared = `${backups}/shared`
  const file = `${shared}/${readdirSync(shared).sort().at(-1)}`
  for (const [what, bytes] of damages(readFileSync(file), 31)) {
    writeFileSync(file, bytes)
    const { ok, problems } = await Database.verifyBackups(backups)
    expect(ok, what).toBe(false)
    expect(problems, what).toMatchObject([{ id: 2, file }])
    const error: unknown = await Database.restore(backups, folder.join('r')).catch((error: unknown) => error)
    expect(error, what).toMatchObject({ code: 'BURROW_CORRUPTION', context: { file } })
    expect(readdirSync(folder.path).sort()).toEqual(['backups', 'db'])
  }
})
