import { corruption } from './errors.ts'
import { decodeSchemas, encodeSchemas } from './schema/stored-schemas.ts'
import type { IndexProjection, IndexSchema, TableSchema } from './table-schema.ts'

/** Written to disk: docs/formats.md "Tables". */
const formatVersion = 1

/** The catalog's record of a table: JSON, with the version of the format. */
export function encodeTable(table: TableSchema): Uint8Array {
  const attributes = encodeSchemas(table.attributes)
  return Buffer.from(JSON.stringify({ version: formatVersion, ...table, attributes }), 'utf8')
}

/** Throws BURROW_CORRUPTION for bytes that `encodeTable` cannot have made. */
export function decodeTable(bytes: Uint8Array, name: string): TableSchema {
  const bad = (what: string) => corruption(`the catalog's record of table ${name} cannot be read: ${what}`)
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw bad('it is no JSON')
  }
  const { attributes, version, ...fields } = (read ?? {}) as Partial<Omit<TableSchema, 'attributes'>> & {
    version?: unknown
    attributes?: string
  }
  if (version !== formatVersion) throw bad(`format version ${String(version)}`)
  const { createdAt, id, indexes, nextIndexNumber, partitionKey } = fields
  const counts = [createdAt, id, nextIndexNumber]
  if (!counts.every(Number.isSafeInteger) || fields.name !== name || !isKey(partitionKey))
    throw bad('a field is missing')
  if (fields.sortKey !== undefined && !isKey(fields.sortKey)) throw bad('its sort key is none')
  if (!Array.isArray(indexes) || !indexes.every(isIndex)) throw bad('its indexes are none')
  return {
    name,
    id: id!,
    createdAt: createdAt!,
    partitionKey,
    sortKey: fields.sortKey,
    indexes: indexes.map((index) => ({ ...index, sortKey: index.sortKey })),
    nextIndexNumber: nextIndexNumber!,
    ttl: fields.ttl,
    stream: fields.stream,
    attributes: decodeSchemas(attributes),
  }
}

function isKey(key: unknown): key is TableSchema['partitionKey'] {
  const { name, type } = (key ?? {}) as Partial<TableSchema['partitionKey']>
  return typeof name === 'string' && (type === 'S' || type === 'N' || type === 'B')
}

function isIndex(index: unknown): index is IndexSchema {
  const { kind, name, number, partitionKey, projection, sortKey, status } = (index ??
    {}) as Partial<IndexSchema>
  return (
    typeof name === 'string' &&
    (kind === 'global' || kind === 'local') &&
    Number.isSafeInteger(number) &&
    isKey(partitionKey) &&
    (sortKey === undefined || isKey(sortKey)) &&
    isProjection(projection) &&
    (status === 'ACTIVE' || status === 'CREATING')
  )
}

function isProjection(projection: unknown): projection is IndexProjection {
  if (projection === 'ALL' || projection === 'KEYS_ONLY') return true
  const { include } = (projection ?? {}) as { include?: unknown }
  return Array.isArray(include) && include.every((name) => typeof name === 'string')
}
