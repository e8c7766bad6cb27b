import { badOption, checkNames, readFlag } from '../base/call-options.ts'
import type { Holds } from '../kv/latches.ts'
import type { Core } from './core.ts'
import { type CancellationReason, isTableError, transactionCanceled } from './errors.ts'
import type { Handle } from './handle.ts'
import { durabilityOf, type Placeholders } from './item-options.ts'
import { changeOf, holdsOf, type ItemWrite, writeTogether } from './item-write.ts'
import type { Change } from './mutation.ts'
import { checkTransactionSize } from './request-limits.ts'
import type { Durability } from './store.ts'
import type { StoredItem } from './stored-item.ts'
import { hashOfRequest, isRepeated, keyOfToken, tokenRecord } from './tokens.ts'
import { type TransactWrite, transactOperations } from './transact-operations.ts'

/** How a transaction is made. */
export interface TransactionOptions extends Durability {
  /** 1 to 36 characters: within ten minutes, the same request under the same token is done once. */
  readonly clientRequestToken?: string | undefined
  /** What to do when another write has one of the items: wait for it (default), or fail with TransactionConflict. */
  readonly onConflict?: 'wait' | 'fail' | undefined
}

/** `names` and `values` stand for placeholders of all operations. */
export interface TransactWriteOptions extends TransactionOptions, Placeholders {}

const transactionNames = ['clientRequestToken', 'onConflict', 'sync']
const optionNames = new Set([...transactionNames, 'names', 'values'])
const ownNames: ReadonlySet<string> = new Set(transactionNames)
const none: CancellationReason = { code: 'None' }

/**
 * Makes all writes or none, in one batch that is also atomic after a crash, serializable with all other writes.
 * TransactionCanceledException, with a reason for each operation, when one of them cannot be.
 */
export async function transactWrite(
  handle: Handle,
  operations: readonly TransactWrite[],
  options: TransactWriteOptions,
): Promise<void> {
  checkNames(options, optionNames, 'transactWrite')
  const { names, values, ...own } = options
  checkTransactionOptions(own, 'transactWrite')
  const writes = transactOperations(handle, operations, { names, values })
  await makeTransaction(handle.core, writes, { operations, names, values }, own)
}

/** Throws BURROW_INVALID_ARGUMENT. */
export function checkTransactionOptions(options: TransactionOptions, call: string): void {
  checkNames(options, ownNames, call)
  const { onConflict, sync } = options
  readFlag('sync', sync, call)
  if (onConflict !== undefined && onConflict !== 'wait' && onConflict !== 'fail')
    throw badOption('onConflict', onConflict, "'wait' or 'fail'", call)
}

/** Makes all writes or none. `request` is what was asked for: what a token stands for. REQUIRES: no two of one item. */
export async function makeTransaction(
  core: Core,
  writes: readonly ItemWrite[],
  request: unknown,
  options: TransactionOptions,
): Promise<void> {
  const { clientRequestToken, onConflict } = options
  const together = {
    decide,
    check: (changes: readonly Change[]) =>
      checkTransactionSize(changes.map(({ after, before }) => (after ?? before)?.bytes)),
    ...(onConflict === 'fail' ? { busy: (isBusy: IsBusy) => conflict(writes, isBusy) } : {}),
    ...(clientRequestToken === undefined ? {} : once(core, clientRequestToken, request)),
  }
  await writeTogether(core.store, writes, durabilityOf(options), together)
}

type IsBusy = (holds: Holds) => boolean

/** All are decided, so that the error has a reason for each. */
function decide(writes: readonly ItemWrite[], before: readonly (StoredItem | undefined)[]): Change[] {
  const changes: Change[] = []
  const reasons: CancellationReason[] = []
  for (const [index, write] of writes.entries()) {
    try {
      changes.push(changeOf(write, before[index], false))
      reasons.push(none)
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  if (changes.length < writes.length) throw transactionCanceled(reasons)
  return changes
}

/** Throws an error that says nothing about the item. */
function reasonOf(error: unknown): CancellationReason {
  if (isTableError(error, 'ConditionalCheckFailedException')) {
    const { item, message } = error
    return { code: 'ConditionalCheckFailed', message, ...(item === undefined ? {} : { item }) }
  }
  if (isTableError(error, 'DuplicateItemException')) {
    const { item, message } = error
    return { code: 'DuplicateItem', message, ...(item === undefined ? {} : { item }) }
  }
  if (isTableError(error, 'ValidationException')) return { code: 'ValidationError', message: error.message }
  throw error
}

function conflict(writes: readonly ItemWrite[], isBusy: IsBusy): Error {
  const message = 'Transaction is ongoing for the item'
  return transactionCanceled(
    writes.map((write) => (isBusy(holdsOf([write], [])) ? { code: 'TransactionConflict', message } : none)),
  )
}

/** Makes the request under a token once. */
function once(core: Core, token: string, request: unknown) {
  const { store } = core
  const key = keyOfToken(token)
  const hash = hashOfRequest(request)
  core.sweepTokensSoon()
  return {
    latched: [key],
    done: async () => {
      if (!isRepeated(await store.get(key), hash, Date.now())) return false
      // Whoever made it may still be waiting for the disk.
      await store.database.sync()
      return true
    },
    also: (batch: { put(key: Uint8Array, value: Uint8Array): void }) =>
      batch.put(key, tokenRecord(hash, Date.now())),
  }
}
