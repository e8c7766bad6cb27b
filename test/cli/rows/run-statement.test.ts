import { expect, test } from 'vitest'
import { RowWriter } from '../../../lib/cli/rows/row-writer.ts'
import { isRead, outcomeText, runStatement, verbOf } from '../../../lib/cli/rows/run-statement.ts'
import { Tables } from '../../../lib/tables.ts'

test('the first word of a statement tells what it does, behind comments too', () => {
  expect(verbOf(' \n-- SELECT\n/* x\n*/ insert into')).toBe('INSERT')
  expect(isRead('select * from x')).toBe(true)
  expect(isRead('"select"')).toBe(false)
  expect(verbOf('')).toBe('')
})

test('what was done is said in a line', () => {
  const of = (verb: string, rows: number, scanned?: number, more = false) =>
    outcomeText({ verb, rows, scanned, more })
  expect(of('SELECT', 1, 1)).toBe('1 row')
  expect(of('SELECT', 2, 9, true)).toBe('2 rows, 9 scanned; there may be more')
  expect(of('DELETE', 0)).toBe('Item deleted')
  expect(of('UPDATE', 1)).toBe('Item updated, 1 row')
})

test('every page is read, and a signal ends it before the next one', async () => {
  await using tables = await Tables.open(':memory:')
  await tables.create({ name: 'large', partitionKey: { name: 'id', type: 'S' } })
  for (let id = 0; id < 12; id++)
    await tables.table('large').put({ id: String(id), text: 'x'.repeat(300_000) })
  const run = (signal?: AbortSignal) =>
    runStatement(tables, 'SELECT * FROM large', [], new RowWriter({ format: 'table' }), { signal })
  expect(await run()).toEqual({ verb: 'SELECT', rows: 12, scanned: 12, more: false })
  const stop = new AbortController()
  const { execute } = tables
  let pages = 0
  tables.execute = (...request) => {
    pages++
    if (pages === 2) stop.abort()
    return execute.apply(tables, request)
  }
  await expect(run(stop.signal)).rejects.toMatchObject({ code: 'BURROW_ABORTED' })
  expect(pages).toBe(2)
})
