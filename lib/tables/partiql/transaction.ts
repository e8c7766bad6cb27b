/** Several statements as one transaction: all of them reads at one moment, or writes of which all are made or none. */
import { checkNames } from '../../base/call-options.ts'
import { checkDistinct } from '../batch-write.ts'
import { type CancellationReason, isTableError, transactionCanceled, validation } from '../errors.ts'
import { readItem } from '../get-item.ts'
import type { Handle } from '../handle.ts'
import type { ItemWrite } from '../item-write.ts'
import { checkList } from '../request-limits.ts'
import type { TableState } from '../table-state.ts'
import { checkTransactionOptions, makeTransaction, type TransactionOptions } from '../transact-write.ts'
import type { AttributeValue, Item } from '../value.ts'
import { readRequest } from './execute.ts'
import { isKeyRefused } from './failures.ts'
import { readTell } from './options.ts'
import { type SingleRead, singleRead } from './single-read.ts'
import type { PreparedStatement } from './statements.ts'
import { makeWrite } from './writes.ts'

/** A statement of a transaction. */
export interface TransactStatement {
  readonly statement: string
  readonly parameters?: readonly AttributeValue[] | undefined
  /** 'ALL_OLD': the reason why the condition failed has the item as `item`. Default 'NONE'. */
  readonly returnValuesOnConditionCheckFailure?: 'NONE' | 'ALL_OLD' | undefined
}

export interface ExecuteTransactionResult {
  /** Of reads one for each statement, in their order; without `item` where there is none. Of writes nothing. */
  readonly responses: { readonly item?: Item }[]
}

const mostStatements = 100
const statementNames = new Set(['statement', 'parameters', 'returnValuesOnConditionCheckFailure'])

interface Member {
  readonly statement: PreparedStatement
  readonly values: readonly AttributeValue[]
  readonly tell: boolean
}

/** A member as it is carried out: one of the two. */
interface Prepared {
  readonly table: TableState
  readonly read?: SingleRead
  readonly write?: ItemWrite
}

/** 1 to 100 statements. Throws ValidationException, or TransactionCanceledException with a reason for each statement. */
export async function executeTransaction(
  handle: Handle,
  statements: readonly TransactStatement[],
  options: TransactionOptions,
): Promise<ExecuteTransactionResult> {
  checkTransactionOptions(options, 'executeTransaction')
  checkList(statements, 'transactStatements', 1, mostStatements)
  const members = statements.map((member, index) => inMember(index, () => readMember(member)))
  const reading = members.filter(({ statement }) => statement.reads).length
  if (reading > 0 && reading < members.length) {
    throw validation(
      'ExecuteTransaction API does not support both read and write operations in the same request.',
    )
  }
  const prepared = prepareAll(handle, members)
  if (reading > 0) return { responses: await readAll(handle, prepared) }
  const writes = prepared.map(({ write }) => write as ItemWrite)
  checkDistinct(writes, oneOperation)
  await makeTransaction(handle.core, writes, statements, options)
  return { responses: [] }
}

function readMember(member: TransactStatement): Member {
  checkNames(member, statementNames, 'executeTransaction: a statement')
  const tell = readTell(member.returnValuesOnConditionCheckFailure)
  return { ...readRequest(member.statement, member.parameters), tell }
}

/** A missing table, and a key that is none, cancel the transaction; whatever else is wrong with a statement is an error. */
function prepareAll(handle: Handle, members: readonly Member[]): readonly Prepared[] {
  const reasons: CancellationReason[] = []
  const prepared: Prepared[] = []
  for (const [index, member] of members.entries()) {
    try {
      prepared.push(inMember(index, () => prepareMember(handle, member)))
      reasons.push({ code: 'None' })
    } catch (error) {
      if (!isTableError(error)) throw error
      const isMissing = error.name === 'ResourceNotFoundException'
      if (!isMissing && !isKeyRefused(error)) throw error
      reasons.push({ code: isMissing ? 'ResourceNotFound' : 'ValidationError', message: error.message })
    }
  }
  if (prepared.length < members.length) throw transactionCanceled(reasons)
  return prepared
}

function prepareMember(handle: Handle, { statement, tell, values }: Member): Prepared {
  const { table } = handle.table(statement.table)
  const plan = statement.plan(table.schema)
  if (plan.kind !== 'select') {
    if ('returning' in plan && plan.returning !== undefined) {
      throw validation('RETURNING clause is not supported in ExecuteTransaction.')
    }
    return { table, write: makeWrite(table, plan, values, tell).write }
  }
  if (plan.index !== undefined) {
    throw validation('Reads on indices are not supported within transactions.')
  }
  const read = singleRead(plan, table.schema, values)
  if (read !== undefined) return { table, read }
  throw validation(
    'Select statements within ExecuteTransaction must specify the primary key in the where clause.',
  )
}

/** Names the statement that is at fault, as DynamoDB does. */
function inMember<T>(index: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isTableError(error, 'ValidationException') || isKeyRefused(error)) throw error
    throw validation(`Validation failed in TransactStatements[${index}]: ${error.message}`, error.context)
  }
}

async function readAll(
  handle: Handle,
  members: readonly Prepared[],
): Promise<ExecuteTransactionResult['responses']> {
  const reads = members.map(({ read, table }) => {
    const { key, pick } = read as SingleRead
    return { key: table.keys.encode(key), pick, table }
  })
  checkDistinct(reads, oneOperation)
  const found = await handle.core.store.getMany(reads.map(({ key }) => key))
  return reads.map(({ pick, table }, index) => {
    const item = readItem(table, found[index], undefined)
    return item === undefined ? {} : { item: pick(item) }
  })
}

const oneOperation = 'Transaction request cannot include multiple operations on one item'
