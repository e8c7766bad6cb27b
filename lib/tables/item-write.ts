import { type Holds, holdAll, holdOne } from '../kv/latches.ts'
import { type Change, checkPresent, commit, takesBlindWrites } from './mutation.ts'
import type { Durability, Store, StoreBatch } from './store.ts'
import { type StoredItem, storedItem } from './stored-item.ts'
import type { TableState } from './table-state.ts'
import { isHidden } from './ttl/expiry.ts'

/** A write of one item, checked and ready to be made. */
export interface ItemWrite {
  readonly table: TableState
  /** Of the item's row. */
  readonly key: Uint8Array
  /** True when `after` must see the item as it is. */
  readonly reads: boolean
  /** The item as it is to be; undefined: deleted; `before` itself: it stays. Throws what keeps the write from happening. */
  after(before: StoredItem | undefined): StoredItem | undefined
  /** True for a mere condition: the item always stays. */
  readonly checksOnly?: boolean
  /** Default 'user'. */
  readonly cause?: 'ttl'
}

/** What a write did. `before` is known only if the write, or something that is derived from the item, reads it. */
export interface Written {
  readonly before: StoredItem | undefined
  readonly after: StoredItem | undefined
}

/**
 * Makes one write, alone on its item from reading it until it is applied; resolves when it is as durable as was asked.
 * Others see it before that: what they make of it stands behind it in the log.
 */
export async function writeItem(
  store: Store,
  write: ItemWrite,
  durability: Durability | undefined,
): Promise<Written> {
  const { key, table } = write
  const holds = holdOne(key, true)
  store.beginWrite()
  const held = store.latches.acquire(holds)
  if (held !== undefined) await held
  let change: Change
  let durable: Promise<void>
  try {
    checkPresent(table)
    const blind = !write.reads && takesBlindWrites(table.schema)
    const before = blind ? undefined : storedItem(await store.get(key))
    change = changeOf(write, before, blind)
    durable = commit(store, [change], durability)
  } finally {
    store.latches.release(holds)
    store.endWrite()
  }
  await durable
  return writtenBy(change)
}

/** Further work of several writes that are made together. */
export interface Together {
  /** Keys that are latched, too, beside those of the items. */
  readonly latched?: readonly Uint8Array[]
  /** Makes the error for when somebody else has one of the items. Default: wait. */
  readonly busy?: (isBusy: (holds: Holds) => boolean) => Error
  /** Called once all is latched; true: nothing is to be done. */
  readonly done?: () => Promise<boolean>
  /** What the writes make of the items, in their order. Default: the first that throws decides. */
  readonly decide?: (writes: readonly ItemWrite[], before: readonly (StoredItem | undefined)[]) => Change[]
  /** Throws what is wrong with all of them together. */
  readonly check?: (changes: readonly Change[]) => void
  /** Written in the same batch. */
  readonly also?: (batch: StoreBatch) => void
}

/** Makes all writes or none, in one durable batch. REQUIRES: no two of one item. */
export async function writeTogether(
  store: Store,
  writes: readonly ItemWrite[],
  durability: Durability | undefined,
  together: Together = {},
): Promise<readonly Written[]> {
  const { also, busy, check, decide = decideAll, done } = together
  const holds = holdsOf(writes, together.latched ?? [])
  if (busy !== undefined && !store.latches.tryAcquire(holds))
    throw busy((some) => !store.latches.areFree(some))
  store.beginWrite()
  const held = busy === undefined ? store.latches.acquire(holds) : undefined
  if (held !== undefined) await held
  let changes: Change[]
  let durable: Promise<void>
  try {
    if (done !== undefined && (await done())) return []
    for (const { table } of writes) checkPresent(table)
    const blind = writes.every(({ reads, table }) => !reads && takesBlindWrites(table.schema))
    const found = blind ? [] : await store.getMany(writes.map(({ key }) => key))
    const before = writes.map((_, index) => storedItem(found[index]))
    changes = blind ? writes.map((write) => changeOf(write, undefined, true)) : decide(writes, before)
    check?.(changes)
    durable = commit(store, changes, durability, also)
  } finally {
    store.latches.release(holds)
    store.endWrite()
  }
  await durable
  return changes.map(writtenBy)
}

export function changeOf(write: ItemWrite, before: StoredItem | undefined, blind: boolean): Change {
  const { cause = 'user', key, table } = write
  // The sweep, which deletes them, is the one that sees items that have expired.
  const hidden =
    cause === 'user' && before !== undefined && isHidden(before.bytes, table.schema.ttl, Date.now())
  const seen = hidden ? undefined : before
  const after = write.after(seen)
  return { table, key, blind, before, seen, after: after === seen ? before : after, cause }
}

function writtenBy({ after, before, seen }: Change): Written {
  return { before: seen, after: after === before ? seen : after }
}

function decideAll(writes: readonly ItemWrite[], before: readonly (StoredItem | undefined)[]): Change[] {
  return writes.map((write, index) => changeOf(write, before[index], false))
}

export function holdsOf(writes: readonly ItemWrite[], latched: readonly Uint8Array[]): Holds {
  return holdAll([
    ...writes.map(({ checksOnly, key }) => ({ key, exclusive: checksOnly !== true })),
    ...latched.map((key) => ({ key, exclusive: true })),
  ])
}
