import { BurrowError } from '../../base/errors.ts'
import { checkSignal } from '../../kv/cancellation.ts'
import { reportProgress } from '../../kv/progress.ts'
import type { Core } from '../core.ts'
import { resourceNotFound } from '../errors.ts'
import { rowsPrefix } from '../layout.ts'
import type { StoreBatch } from '../store.ts'
import { applyChanges, type TableChanges, type UpdateTableOptions } from '../table-changes.ts'
import type { IndexSchema, TableSchema } from '../table-schema.ts'
import type { TableState } from '../table-state.ts'
import { changeTtl } from '../ttl/enable.ts'
import { readTtlOptions } from '../ttl/settings.ts'
import { cursorKey } from './fill-cursor.ts'

/** Changes a table. Resolves when its new indexes are filled, unless told not to wait; one that is given up is dropped. */
export async function changeTable(
  core: Core,
  table: TableState,
  changes: TableChanges,
  options: UpdateTableOptions,
): Promise<void> {
  checkSignal(options.signal, 'update')
  const { created, dropped, schema } = applyChanges(table.schema, changes)
  const ttl = readTtlOptions(changes.ttl, 'update')
  let undo: (() => void) | undefined
  try {
    await core.catalog.change(table, schema, (batch) => {
      dropRows(batch, schema, dropped)
      if (changes.stream !== undefined) undo = table.stream.configure(batch, schema.stream)
    })
  } catch (error) {
    undo?.()
    throw error
  }
  if (changes.ttl !== undefined) await changeTtl(core, table, ttl)
  for (const { name } of created) core.fill(table, name)
  if (options.wait === false) return
  try {
    await Promise.all(created.map(({ name }) => untilActive(core, table, name, options)))
  } catch (error) {
    if (!core.ended.aborted) await giveUp(core, table, created)
    throw error
  }
}

/** Resolves when an index is filled, by whomever. Rejects, too, when the signal or the listener ends the waiting. */
export async function untilActive(
  core: Core,
  table: TableState,
  name: string,
  { onProgress, signal }: UpdateTableOptions,
): Promise<void> {
  checkSignal(signal, 'update')
  const status = () => (table.dropped ? undefined : table.findIndex(name)?.schema.status)
  if (status() === 'CREATING') {
    const filling = core.fill(table, name)
    const reporter = reportProgress(onProgress)
    let give: (error: unknown) => void = () => undefined
    const given = new Promise<never>((_, reject) => {
      give = reject
    })
    const end = (check: () => void) => {
      try {
        check()
      } catch (error) {
        give(error)
      }
    }
    const onAbort = () => end(() => checkSignal(signal, 'update'))
    signal?.addEventListener('abort', onAbort, { once: true })
    const unwatch = filling.watch((progress) => {
      reporter.tell(progress)
      end(() => reporter.check())
    })
    try {
      await Promise.race([filling.done, given])
      await reporter.settled()
    } finally {
      unwatch()
      signal?.removeEventListener('abort', onAbort)
    }
  }
  if (status() === undefined)
    throw resourceNotFound(`Index: ${name} of table: ${table.schema.name} not found`)
  if (status() === 'CREATING')
    throw new BurrowError(
      'BURROW_CLOSED',
      `the tables were closed while index ${name} was being filled; it goes on when they are opened again`,
    )
}

async function giveUp(core: Core, table: TableState, created: readonly IndexSchema[]): Promise<void> {
  const numbers = new Set(created.map(({ number }) => number))
  const { schema } = table
  const given = schema.indexes.filter(({ number }) => numbers.has(number))
  if (table.dropped || given.length === 0) return
  const indexes = schema.indexes.filter(({ number }) => !numbers.has(number))
  await core.catalog.change(table, { ...schema, indexes }, (batch) => dropRows(batch, schema, given))
}

function dropRows(batch: StoreBatch, table: TableSchema, dropped: readonly IndexSchema[]): void {
  for (const { number } of dropped) {
    batch.deletePrefix(rowsPrefix(table.id, number))
    batch.delete(cursorKey(table.id, number))
  }
}
