/** Token soup and damaged statements: whatever comes, the answer is a plan or an error of tables. */
import { expect, test } from 'vitest'
import { isTableError } from '../../../lib/tables/errors.ts'
import { makeCondition } from '../../../lib/tables/partiql/condition.ts'
import { explainPlan } from '../../../lib/tables/partiql/explain.ts'
import { parseStatement } from '../../../lib/tables/partiql/parser.ts'
import { planStatement, tableOf } from '../../../lib/tables/partiql/planner.ts'
import { readDataFile } from '../../golden/data-driven.ts'
import { Random, testSeed } from '../../model/random.ts'
import { keysOf, schemas } from './tables.ts'

const seed = testSeed()
const words = (
  'SELECT FROM WHERE AND OR NOT IN BETWEEN IS MISSING NULL ORDER BY ASC DESC LIMIT OFFSET INSERT INTO VALUE UPDATE SET REMOVE ADD DELETE ' +
  'RETURNING ALL MODIFIED OLD NEW EXISTS TRUE FALSE users orders pk sk a constructor __proto__ toString begins_with contains size ' +
  'attribute_type set_add list_append "by-city" "q""x" \'\' \'it\'\'s\' 0 -1 1.5e3 .5 1e999 ? * = <> != < <= > >= + - / ( ) [ ] { } << >> , . : ; -- /* */ \' " # € \0'
).split(' ')

const starts = [
  'SELECT * FROM orders WHERE ',
  'SELECT ',
  'UPDATE users SET ',
  "INSERT INTO users VALUE {'pk': ",
  'DELETE FROM users WHERE pk = ',
  '',
]

const known = ['select', 'order', 'index', 'write'].flatMap((name) =>
  readDataFile(`partiql/${name}.txt`).map(({ input }) => input),
)

/** Goes as far as one can without a table; anything thrown but an error of tables is a bug. */
function digest(text: string): 'planned' | 'refused' {
  try {
    const { parameters, statement } = parseStatement(text)
    const schema = schemas.get(tableOf(statement))
    if (schema === undefined) return 'planned'
    const plan = planStatement(statement, schema)
    explainPlan(plan, keysOf(schema.name, plan.kind === 'select' ? plan.index : undefined))
    const where = plan.kind === 'select' ? plan.where : plan.kind === 'insert' ? undefined : plan.condition
    if (where !== undefined)
      makeCondition(
        where,
        Array.from({ length: parameters }, () => 'x'),
      )
    return 'planned'
  } catch (error) {
    if (isTableError(error, 'ValidationException')) return 'refused'
    throw new Error(`${JSON.stringify(text)}: ${(error as Error).stack}`)
  }
}

function damage(text: string, random: Random): string {
  const at = random.below(text.length)
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at)
    case 1:
      return text.slice(0, at) + random.pick(words) + text.slice(at)
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + random.below(4))
    default:
      return text.slice(0, at) + String.fromCharCode(random.below(0x3000)) + text.slice(at + 1)
  }
}

test(`no statement breaks the parser or the planner, BURROW_TEST_SEED=${seed}`, () => {
  const random = new Random(seed)
  const seen = { planned: 0, refused: 0 }
  for (let round = 0; round < 12_000; round++) {
    const soup = () =>
      random.pick(starts) +
      Array.from({ length: random.below(16) }, () => random.pick(words)).join(random.chance(0.8) ? ' ' : '')
    let text = random.chance(0.5) ? soup() : random.pick(known)
    for (let count = random.below(3); count > 0 && text.length > 0; count--) text = damage(text, random)
    seen[digest(text)]++
  }
  expect(seen.planned).toBeGreaterThan(500)
  expect(seen.refused).toBeGreaterThan(500)
})

test.each([
  ['(', ')'],
  ['NOT ', ''],
  ['[', ']'],
  ['size(', ')'],
  ["{'a':", '}'],
  ['a.', ''],
  ['a = 1 AND ', ''],
  ['- ', ''],
  ['1 + ', ''],
])('thousands of %s do not exhaust the stack', (open, close) => {
  const count = Math.floor(8100 / (open.length + close.length + 1))
  for (const inner of ['1', 'a', '']) {
    digest(`SELECT * FROM users WHERE ${open.repeat(count)}${inner}${close.repeat(count)}`.slice(0, 8192))
    digest(`INSERT INTO users VALUE ${open.repeat(count)}${inner}${close.repeat(count)}`.slice(0, 8192))
  }
})
