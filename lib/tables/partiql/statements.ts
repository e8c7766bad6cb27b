import { TreeCache } from '../expression/tree-cache.ts'
import type { TableSchema } from '../table-schema.ts'
import { parseStatement } from './parser.ts'
import type { Plan } from './plan.ts'
import { planStatement, tableOf } from './planner.ts'
import type { Statement } from './syntax.ts'

/** A statement that was parsed, and its plans for the tables it was run on. */
export class PreparedStatement {
  readonly statement: Statement
  /** How many `?` it has. */
  readonly parameters: number
  readonly text: string
  /** A schema never changes: a changed table has another one. */
  readonly #plans = new WeakMap<TableSchema, Plan>()

  constructor(text: string) {
    const { parameters, statement } = parseStatement(text)
    this.statement = statement
    this.parameters = parameters
    this.text = text
  }

  /** The name of its table. */
  get table(): string {
    return tableOf(this.statement)
  }

  /** True for SELECT. */
  get reads(): boolean {
    return this.statement.kind === 'select'
  }

  plan(table: TableSchema): Plan {
    const known = this.#plans.get(table)
    if (known !== undefined) return known
    const plan = planStatement(this.statement, table)
    this.#plans.set(table, plan)
    return plan
  }
}

const statements = new TreeCache<PreparedStatement, { readonly text: string }>(
  ({ text }) => new PreparedStatement(text),
)

/** The statement of this text, which is parsed once. Throws ValidationException. */
export function prepare(text: string): PreparedStatement {
  return statements.get({ text })
}
