import { BurrowError } from '../../base/errors.ts'
import type { Core } from '../core.ts'
import { tablePrefix } from '../layout.ts'
import type { TableState } from '../table-state.ts'
import { backfillExpiry } from './backfill.ts'
import type { TtlSettings } from './settings.ts'

/**
 * Gives a table this TTL, or none. Writes see to it at once; resolves when the items that were there before have been
 * looked through, too, which goes on at the next opening if it is interrupted.
 */
export async function changeTtl(
  core: Core,
  table: TableState,
  settings: TtlSettings | undefined,
): Promise<void> {
  const { schema } = table
  if (settings !== undefined && settings.attribute === schema.ttl?.attribute) {
    const { status } = schema.ttl
    await core.catalog.change(table, { ...schema, ttl: { ...settings, status } })
    return
  }
  const ttl = settings === undefined ? undefined : { ...settings, status: 'ENABLING' as const }
  await core.catalog.change(table, { ...schema, ttl }, (batch) =>
    batch.deletePrefix(tablePrefix('expiry', schema.id)),
  )
  if (ttl === undefined) return
  const enabling = finishEnabling(core, table)
  core.inBackground(enabling)
  await enabling
  if (core.ended.aborted && table.schema.ttl?.status === 'ENABLING') {
    throw new BurrowError(
      'BURROW_CLOSED',
      `the tables were closed while the TTL of ${schema.name} was being enabled; it goes on when they are opened again`,
    )
  }
}

/** Looks through the items of a table whose TTL is ENABLING, and makes it ENABLED; an interrupted run is begun again. */
export async function finishEnabling(core: Core, table: TableState): Promise<void> {
  const { id, ttl } = table.schema
  if (ttl?.status !== 'ENABLING' || core.ended.aborted) return
  const { attribute } = ttl
  const current = () => !table.dropped && table.schema.ttl?.attribute === attribute
  const complete = await backfillExpiry(core.store, id, attribute, () => current() && !core.ended.aborted)
  if (!complete || !current()) return
  await core.catalog.change(table, { ...table.schema, ttl: { ...table.schema.ttl!, status: 'ENABLED' } })
}
