/** Several statements at once: all of them reads, or all of them writes; each succeeds or fails by itself. */
import { checkNames, readFlag } from '../../base/call-options.ts'
import { isTableError, type TableError, type TableErrorName, validation } from '../errors.ts'
import { readItem } from '../get-item.ts'
import type { Handle } from '../handle.ts'
import { checkList } from '../request-limits.ts'
import type { Durability } from '../store.ts'
import type { AttributeValue, Item } from '../value.ts'
import { readRequest, runStatement } from './execute.ts'
import { readTell } from './options.ts'
import { singleRead } from './single-read.ts'
import type { PreparedStatement } from './statements.ts'

/** A statement among others. */
export interface BatchStatement {
  readonly statement: string
  readonly parameters?: readonly AttributeValue[] | undefined
  /** Taken for the sake of programs made for DynamoDB: reads are always consistent. */
  readonly consistent?: boolean | undefined
  /** 'ALL_OLD': the error of a condition that failed has the item as `item`. Default 'NONE'. */
  readonly returnValuesOnConditionCheckFailure?: 'NONE' | 'ALL_OLD' | undefined
}

/** Why one statement of a batch failed. */
export interface BatchStatementError {
  /** DynamoDB's: `ValidationError`, `ConditionalCheckFailed`, `DuplicateItem`, `ResourceNotFound` … */
  readonly code: string
  readonly message: string
  readonly item?: Item
}

/** What became of one statement of a batch. */
export interface BatchStatementResponse {
  /** The table that was read or written; missing when the statement never came so far. */
  readonly table?: string
  /** The item that was found, or what RETURNING asks for. */
  readonly item?: Item
  readonly error?: BatchStatementError
}

export interface BatchExecuteResult {
  /** One for each statement, in their order. */
  readonly responses: BatchStatementResponse[]
}

const mostStatements = 25
const statementNames = new Set([
  'statement',
  'parameters',
  'consistent',
  'returnValuesOnConditionCheckFailure',
])
const batchNames = new Set(['sync'])

/** Codes that are not the name of the error without `Exception`. */
const codes: Partial<Record<TableErrorName, string>> = {
  ValidationException: 'ValidationError',
  TransactionConflictException: 'TransactionConflict',
}

/** 1 to 25 statements. Throws ValidationException for a batch that is none; what is wrong with a statement is in its response. */
export async function batchExecute(
  handle: Handle,
  statements: readonly BatchStatement[],
  options: Durability,
): Promise<BatchExecuteResult> {
  checkNames(options, batchNames, 'batchExecute')
  const sync = readFlag('sync', options.sync, 'batchExecute')
  checkList(statements, 'statements', 1, mostStatements)
  const members = statements.map((member) => readMember(member))
  const kinds = new Set(members.flatMap((member) => ('error' in member ? [] : [member.statement.reads])))
  if (kinds.size > 1) {
    throw validation(
      'BatchExecuteStatement API does not support both read and write operations in the same request.',
    )
  }
  const durability = sync === undefined ? undefined : { sync }
  return { responses: await Promise.all(members.map((member) => respond(handle, member, durability))) }
}

interface Member {
  readonly statement: PreparedStatement
  readonly values: readonly AttributeValue[]
  readonly tell: boolean
}

function readMember(member: BatchStatement): Member | { readonly error: TableError } {
  checkNames(member, statementNames, 'batchExecute: a statement')
  readFlag('consistent', member.consistent, 'batchExecute')
  try {
    const tell = readTell(member.returnValuesOnConditionCheckFailure)
    return { ...readRequest(member.statement, member.parameters), tell }
  } catch (error) {
    if (isTableError(error)) return { error }
    throw error
  }
}

async function respond(
  handle: Handle,
  member: Member | { readonly error: TableError },
  durability: Durability | undefined,
): Promise<BatchStatementResponse> {
  if ('error' in member) return { error: describe(member.error) }
  const { statement, tell, values } = member
  try {
    if (statement.reads) return await read(handle, statement, values)
    const { items } = await runStatement(handle, statement, values, {
      limit: undefined,
      nextToken: undefined,
      consistent: false,
      tell,
      durability,
    })
    return response(statement.table, items[0])
  } catch (error) {
    if (!isTableError(error)) throw error
    // A failed statement names its table if it came so far as to look at the item.
    const ran = error.name === 'ConditionalCheckFailedException' || error.name === 'DuplicateItemException'
    return { ...(ran ? { table: statement.table } : {}), error: describe(error) }
  }
}

async function read(
  handle: Handle,
  statement: PreparedStatement,
  values: readonly AttributeValue[],
): Promise<BatchStatementResponse> {
  const { core, table } = handle.table(statement.table)
  const plan = statement.plan(table.schema)
  const single = plan.kind === 'select' ? singleRead(plan, table.schema, values) : undefined
  if (single === undefined) {
    throw validation(
      'Select statements within BatchExecuteStatement must specify the primary key in the where clause.',
    )
  }
  const bytes = await core.store.get(table.keys.encode(single.key))
  const item = readItem(table, bytes, undefined)
  return response(statement.table, item === undefined ? undefined : single.pick(item))
}

function response(table: string, item: Item | undefined): BatchStatementResponse {
  return item === undefined ? { table } : { table, item }
}

function describe({ item, message, name }: TableError): BatchStatementError {
  const code = codes[name] ?? name.replace(/Exception$/, '')
  return { code, message, ...(item === undefined ? {} : { item }) }
}
