import { expect, test } from 'vitest'
import { isTableError } from '../../../lib/tables/errors.ts'
import { explainPlan } from '../../../lib/tables/partiql/explain.ts'
import { parseStatement } from '../../../lib/tables/partiql/parser.ts'
import { planStatement, tableOf } from '../../../lib/tables/partiql/planner.ts'
import type { TableSchema } from '../../../lib/tables/table-schema.ts'
import { type DataCase, readDataFile, rewriteDataFile } from '../../golden/data-driven.ts'
import { keysOf, schemas } from './tables.ts'

const files = ['select', 'order', 'index', 'write', 'refused'].map((name) => `partiql/${name}.txt`)

/** The plan of the statement, or the error that it is refused with. */
function run({ input }: DataCase): string {
  try {
    const { statement } = parseStatement(input)
    const plan = planStatement(statement, schemas.get(tableOf(statement)) as TableSchema)
    const index = plan.kind === 'select' ? plan.index : undefined
    return explainPlan(plan, keysOf(plan.table, index)).text
  } catch (error) {
    if (!isTableError(error)) throw error
    return `${error.name}: ${error.message}`
  }
}

for (const file of files) {
  if (rewriteDataFile(file, run)) continue
  for (const one of readDataFile(file)) {
    test(`${file}:${one.line}`, () => expect(run(one)).toBe(one.expected))
  }
}
