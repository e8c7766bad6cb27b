import { afterEach, expect, test } from 'vitest'
import { Database } from '../../lib/index.ts'

let db: Database<string, string> | undefined
afterEach(() => db?.close())

test('a large value is the same text when it is read again, ASCII or not', async () => {
  db = (await Database.open(':memory:', { valueEncoding: 'utf8' })) as unknown as Database<string, string>
  const size = 40_000
  const values = {
    ascii: 'a'.repeat(size),
    late: `${'b'.repeat(size)}é`,
    wide: '漢'.repeat(size),
  }
  for (const [key, value] of Object.entries(values)) db.putSync(key, value)
  await db.flush()
  for (let round = 0; round < 3; round++) {
    for (const [key, value] of Object.entries(values)) expect(db.getSync(key) === value).toBe(true)
  }
})
