/** Several statements as one transaction: all of them reads at one moment, or writes of which all are made or none. */
import { checkNames } from '../../base/call-options.ts'
import { checkDistinct } from '../batch-write.ts'
import { type CancellationReason, isTableError, transactionCanceled, validation } from '../errors.ts'
import { readItem } from '../get-item.ts'
import type { Handle } from '../handle.ts'
import { checkList } from '../request-limits.ts'
import type { TableState } from '../table-state.ts'
import { checkTransactionOptions, makeTransaction, type TransactionOptions } from '../transact-write.ts'
import type { AttributeValue, Item } from '../value.ts'
import { readRequest } from './execute.ts'
import { readTell } from './options.ts'
import type { Plan } from './plan.ts'
import { singleRead } from './single-read.ts'
import type { PreparedStatement } from './statements.ts'
import { makeWrite, type WritePlan } from './writes.ts'

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

interface PlannedMember extends Member {
  readonly table: TableState
  readonly plan: Plan
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
  const reads = members.filter(({ statement }) => statement.reads).length
  if (reads > 0 && reads < members.length) {
    throw validation(
      'ExecuteTransaction API does not support both read and write operations in the same request.',
    )
  }
  const planned = planMembers(handle, members)
  if (reads > 0) return { responses: await readAll(handle, planned) }
  await writeAll(handle, planned, statements, options)
  return { responses: [] }
}

function readMember(member: TransactStatement): Member {
  checkNames(member, statementNames, 'executeTransaction: a statement')
  const tell = readTell(member.returnValuesOnConditionCheckFailure)
  return { ...readRequest(member.statement, member.parameters), tell }
}

/** A table that does not exist cancels the transaction; a statement that its table cannot answer is an error. */
function planMembers(handle: Handle, members: readonly Member[]): readonly PlannedMember[] {
  const reasons: CancellationReason[] = []
  const planned: PlannedMember[] = []
  for (const [index, member] of members.entries()) {
    try {
      const { table } = handle.table(member.statement.table)
      const plan = inMember(index, () => planMember(member.statement, table))
      planned.push({ ...member, table, plan })
      reasons.push({ code: 'None' })
    } catch (error) {
      if (!isTableError(error, 'ResourceNotFoundException')) throw error
      reasons.push({ code: 'ResourceNotFound', message: error.message })
    }
  }
  if (planned.length < members.length) throw transactionCanceled(reasons)
  return planned
}

function planMember(statement: PreparedStatement, { schema }: TableState): Plan {
  const plan = statement.plan(schema)
  if (plan.kind === 'select' && plan.index !== undefined) {
    throw validation('Reads on indices are not supported within transactions.')
  }
  if ('returning' in plan && plan.returning !== undefined) {
    throw validation('RETURNING clause is not supported in ExecuteTransaction.')
  }
  return plan
}

/** Names the statement that is at fault, as DynamoDB does. */
function inMember<T>(index: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!isTableError(error, 'ValidationException')) throw error
    throw validation(`Validation failed in TransactStatements[${index}]: ${error.message}`, error.context)
  }
}

async function readAll(
  handle: Handle,
  members: readonly PlannedMember[],
): Promise<ExecuteTransactionResult['responses']> {
  const reads = members.map(({ plan, table, values }, index) =>
    inMember(index, () => {
      const read = plan.kind === 'select' ? singleRead(plan, table.schema, values) : undefined
      if (read !== undefined) return { ...read, table, key: table.keys.encode(read.key) }
      throw validation(
        'Select statements within ExecuteTransaction must specify the primary key in the where clause.',
      )
    }),
  )
  checkDistinct(reads, oneOperation)
  const found = await handle.core.store.getMany(reads.map(({ key }) => key))
  return reads.map(({ pick, table }, index) => {
    const item = readItem(table, found[index], undefined)
    return item === undefined ? {} : { item: pick(item) }
  })
}

const oneOperation = 'Transaction request cannot include multiple operations on one item'

async function writeAll(
  handle: Handle,
  members: readonly PlannedMember[],
  request: unknown,
  options: TransactionOptions,
): Promise<void> {
  const writes = members.map(({ plan, table, tell, values }, index) =>
    inMember(index, () => makeWrite(table, plan as WritePlan, values, tell).write),
  )
  checkDistinct(writes, oneOperation)
  await makeTransaction(handle.core, writes, request, options)
}
