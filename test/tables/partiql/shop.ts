import { onTestFinished } from 'vitest'
import { Tables } from '../../../lib/tables/tables.ts'
import type { AttributeValue } from '../../../lib/tables/value.ts'

/** Tables in memory, closed when the test ends: `users` by pk, `orders` by pk and sk, with indexes by city and total. */
export async function openShop(): Promise<Tables> {
  const tables = await Tables.open(':memory:')
  onTestFinished(() => tables.close())
  await tables.create({ name: 'users', partitionKey: { name: 'pk', type: 'S' } })
  await tables.create({
    name: 'orders',
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'N' },
    globalIndexes: [
      { name: 'by-city', partitionKey: { name: 'city', type: 'S' }, sortKey: { name: 'age', type: 'N' } },
      { name: 'by-city-keys', partitionKey: { name: 'city', type: 'S' }, projection: { include: ['name'] } },
    ],
    localIndexes: [{ name: 'by-total', sortKey: { name: 'total', type: 'N' }, projection: 'KEYS_ONLY' }],
  })
  return tables
}

/** All rows of a SELECT, page by page. */
export async function selectAll(
  tables: Tables,
  statement: string,
  parameters: AttributeValue[] = [],
  options: { limit?: number } = {},
) {
  const items = []
  let pages = 0
  let nextToken: string | undefined
  do {
    const page = await tables.execute(statement, parameters, {
      ...options,
      ...(nextToken === undefined ? {} : { nextToken }),
    })
    items.push(...page.items)
    nextToken = page.nextToken
    pages++
  } while (nextToken !== undefined)
  return { items, pages }
}
