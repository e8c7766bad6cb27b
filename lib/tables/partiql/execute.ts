import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'
import type { Handle } from '../handle.ts'
import { writeItem } from '../item-write.ts'
import { returnedValues } from '../return-values.ts'
import type { AttributeValue } from '../value.ts'
import { type ExplainedPlan, explainPlan } from './explain.ts'
import { refused } from './failures.ts'
import { checkParameterCount } from './literal-value.ts'
import { type CheckedOptions, checkExecuteOptions, type ExecuteOptions } from './options.ts'
import { checkParameters } from './parameters.ts'
import { runSelect } from './select.ts'
import type { StatementResult } from './statement-result.ts'
import { type PreparedStatement, prepare } from './statements.ts'
import { makeWrite } from './writes.ts'

/**
 * Runs one statement. Throws ValidationException, ResourceNotFoundException, ConditionalCheckFailedException (UPDATE and
 * DELETE whose WHERE does not hold; UPDATE of an item that is not there) and DuplicateItemException (INSERT).
 */
export async function execute(
  handle: Handle,
  text: string,
  parameters: readonly AttributeValue[] | undefined,
  options: ExecuteOptions,
): Promise<StatementResult> {
  const checked = checkExecuteOptions(options, 'execute')
  const { statement, values } = readRequest(text, parameters)
  return runStatement(handle, statement, values, checked)
}

/** How a statement would be run. Nothing is read, but for the keys of its table. */
export function explain(handle: Handle, text: string): ExplainedPlan {
  const statement = prepareText(text)
  const { schema } = handle.table(statement.table).table
  const plan = statement.plan(schema)
  const index = plan.kind === 'select' ? schema.indexes.find(({ name }) => name === plan.index) : undefined
  return explainPlan(plan, index ?? schema)
}

/** The statement and the values of its parameters. Throws ValidationException. */
export function readRequest(
  text: unknown,
  parameters: unknown,
): { statement: PreparedStatement; values: readonly AttributeValue[] } {
  const values = checkParameters(parameters)
  const statement = prepareText(text)
  checkParameterCount(statement.parameters, values)
  return { statement, values }
}

function prepareText(text: unknown): PreparedStatement {
  if (typeof text !== 'string') throw validation(`A statement must be a string, got ${describeValue(text)}`)
  return prepare(text)
}

export async function runStatement(
  handle: Handle,
  statement: PreparedStatement,
  values: readonly AttributeValue[],
  options: CheckedOptions,
): Promise<StatementResult> {
  if (statement.statement.kind === 'exists') {
    throw refused('EXISTS can only be used in ExecuteTransaction write requests.', statement.statement.at)
  }
  const { core, table } = handle.table(statement.table)
  const plan = statement.plan(table.schema)
  if (plan.kind === 'select') {
    return runSelect(core.store, table, plan, statement.text, values, options)
  }
  const { nextToken } = options
  if (nextToken !== undefined) throw validation('NextToken does not match request: only a SELECT goes on')
  const { returnValues, update, write } = makeWrite(table, plan, values, options.tell)
  const written = await writeItem(core.store, write, options.durability)
  const { attributes } = returnedValues(written, returnValues, update)
  const items = attributes === undefined ? [] : [attributes]
  return { items, count: items.length }
}
