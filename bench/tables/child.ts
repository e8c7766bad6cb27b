// node child.js '{"measure": TablesPlan}' | '{"fill": …}' | '{"recover": …}': one part of the benchmarks of tables.
import { writeSync } from 'node:fs'
import { Tables } from '../../lib/tables.ts'
import { makeItem } from './items.ts'
import { measureStore, type TablesPlan } from './measure.ts'
import { databaseOptions } from './stores.ts'

export interface Recovery {
  readonly directory: string
  readonly items: number
}

const { fill, measure, recover } = JSON.parse(process.argv[2]!) as {
  measure?: TablesPlan
  fill?: Recovery
  recover?: Recovery
}
const answer = (value: unknown) => writeSync(1, `${JSON.stringify(value)}\n`)

if (measure !== undefined) answer(await measureStore(measure))

if (fill !== undefined) {
  const tables = await Tables.open(fill.directory, databaseOptions)
  await tables.create({
    name: 'items',
    partitionKey: { name: 'pk', type: 'S' },
    sortKey: { name: 'sk', type: 'S' },
    globalIndexes: [{ name: 'by-g1', partitionKey: { name: 'g1', type: 'N' }, projection: 'KEYS_ONLY' }],
  })
  const table = tables.table('items')
  for (let first = 0; first < fill.items; first += 25) {
    const put = Array.from({ length: Math.min(25, fill.items - first) }, (_, at) => makeItem(first + at))
    await table.batchWrite({ put })
  }
  process.kill(process.pid, 'SIGKILL')
}

if (recover !== undefined) {
  const began = performance.now()
  const tables = await Tables.open(recover.directory, databaseOptions)
  const last = makeItem(recover.items - 1)
  const found = await tables.table('items').get({ pk: last['pk']!, sk: last['sk']! })
  const seconds = (performance.now() - began) / 1000
  if (found === undefined) throw new Error(`item ${recover.items - 1} was written, and is gone`)
  answer({ seconds })
  await tables.close()
}
