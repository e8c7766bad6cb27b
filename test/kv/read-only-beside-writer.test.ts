import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'

const key = (i: number) => `k${String(i).padStart(6, '0')}`
const options = { memtableSize: 32 << 10, syncWrites: false }

it('keeps reading its moment when the writer has compacted every table away', async () => {
  const env = native.memoryEnv()
  const writer = await Database.open('db', { ...options, env })
  const count = 5000
  for (let i = 0; i < count; i++) writer.putSync(key(i), 'before')
  writer.deleteRangeSync({ gte: 'x', lt: 'y' })
  await writer.flush()
  const reader = await Database.open('db', { env, readOnly: true })
  for (let i = 0; i < count; i++) writer.putSync(key(i), 'after')
  await writer.compact()
  expect(reader.getSync(key(17))).toBe('before')
  const seen = [...reader.entries()]
  expect(seen.length).toBe(count)
  expect(seen.every(([, value]) => value === 'before')).toBe(true)
  await reader.close()
  await writer.close()
})

it('opens while files come and go', async () => {
  const env = native.memoryEnv()
  const writer = await Database.open('db', { ...options, env })
  let stop = false
  const writing = (async () => {
    for (let i = 0; !stop; i++) {
      writer.putSync(key(i % 3000), `${i}`)
      if (i % 100 === 0) await new Promise((turn) => setImmediate(turn))
    }
  })()
  for (let round = 0; round < 30; round++) {
    const reader = await Database.open('db', { env, readOnly: true })
    const keys = [...reader.keys()]
    expect(keys).toEqual([...keys].sort())
    await reader.close()
  }
  stop = true
  await writing
  await writer.close()
})

it('opens though a table is damaged, and reads what is whole', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const writer = await Database.open(path)
  for (const name of ['a', 'b']) {
    await writer.put(name, name)
    await writer.flush()
  }
  await writer.close()
  const [damaged] = readdirSync(path).filter((name) => name.endsWith('.sst'))
  for (const at of [2, statSync(`${path}/${damaged}`).size - 3]) {
    const file = `${path}/${damaged}`
    const bytes = readFileSync(file)
    bytes[at]! ^= 1
    writeFileSync(file, bytes)
    const reader = await Database.open(path, { readOnly: true })
    expect(await reader.get('b')).toBe('b')
    await expect(reader.get('a')).rejects.toMatchObject({ code: 'BURROW_CORRUPTION', context: { file } })
    await reader.close()
  }
})
