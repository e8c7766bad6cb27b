import type { Command } from 'commander'
import { addCreate } from './table/create.ts'
import { addDelete } from './table/delete.ts'
import { addDescribe } from './table/describe.ts'
import { addDrop } from './table/drop.ts'
import { addExport } from './table/export.ts'
import { addGet } from './table/get.ts'
import { addImport } from './table/import.ts'
import { addList } from './table/list.ts'
import { addPut } from './table/put.ts'
import { addQuery } from './table/query.ts'
import { addScan } from './table/scan.ts'
import { addUpdate } from './table/update.ts'

const after = `
Items are JSON: {"id":"ada","born":1815}. Sets and bytes need --dynamodb-json, {"id":{"S":"ada"},"tags":{"SS":["a"]}}; in plain
JSON output they are lists and base64 texts. Keys are name=value words, or one JSON object. Verbs that only read work beside
a program that has the database open.`

/** `burrow table <verb> <path> …` */
export function addTable(program: Command): void {
  const table = program.command('table').description('create, read, write, export and import tables of items')
  table.usage('<verb> <path> …').addHelpText('after', after)
  const verbs = [
    ...[addCreate, addList, addDescribe, addDrop],
    ...[addPut, addGet, addUpdate, addDelete, addQuery, addScan],
    ...[addExport, addImport],
  ]
  for (const add of verbs) add(table)
}
