import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { Tables } from '../../lib/tables/tables.ts'

const homes: string[] = []
function home(): string {
  const directory = mkdtempSync(join(tmpdir(), 'burrow-tables-'))
  homes.push(directory)
  return directory
}
afterEach(() => {
  for (const directory of homes.splice(0)) rmSync(directory, { recursive: true })
})

const users = { name: 'users', partitionKey: { name: 'id', type: 'S' } } as const

describe('tables', () => {
  it('put, get, update and delete items, also after they were opened again', async () => {
    const place = join(home(), 'db')
    const tables = await Tables.open(place)
    await tables.create(users)
    const t = tables.table('users')
    expect(await t.put({ id: 'a', n: 1 })).toEqual({})
    expect(await t.get({ id: 'a' })).toEqual({ id: 'a', n: 1 })
    expect(await t.get({ id: 'b' })).toBeUndefined()
    const updated = await t.update({ id: 'a' }, 'SET n = n + :one, x = :x', {
      values: { ':one': 1, ':x': ['y'] },
      returnValues: 'ALL_NEW',
    })
    expect(updated).toEqual({ attributes: { id: 'a', n: 2, x: ['y'] } })
    await expect(
      t.put(
        { id: 'a' },
        { condition: 'attribute_not_exists(id)', returnValuesOnConditionCheckFailure: 'ALL_OLD' },
      ),
    ).rejects.toMatchObject({ name: 'ConditionalCheckFailedException', item: { id: 'a', n: 2 } })
    await tables.close()
    const again = await Tables.open(place)
    expect(await again.list()).toEqual(['users'])
    expect(await again.table('users').delete({ id: 'a' }, { returnValues: 'ALL_OLD' })).toEqual({
      attributes: { id: 'a', n: 2, x: ['y'] },
    })
    expect(await again.table('users').get({ id: 'a' })).toBeUndefined()
    await again.close()
  })

  it('live in a database of others, which they leave open', async () => {
    const db = await Database.open(':memory:', { keyEncoding: 'json', valueEncoding: 'json' })
    await db.put('users', { mine: true })
    const tables = await Tables.open(db)
    const other = await Tables.open(db)
    await tables.create(users)
    await other.table('users').put({ id: 'a' })
    expect(await tables.table('users').get({ id: 'a' })).toEqual({ id: 'a' })
    await tables.close()
    await expect(tables.table('users').get({ id: 'a' })).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
    expect(await other.list()).toEqual(['users'])
    await other.close()
    expect(await db.get('users')).toEqual({ mine: true })
    await db.close()
  })
})
