import type { IndexDefinition, KeyAttribute, StreamViewType, TableDefinition } from '../../tables.ts'
import { UsageError } from '../failure.ts'
import { given } from './options.ts'

/** How options describe a table. */
export interface DefinitionArguments {
  readonly partitionKey?: string
  readonly sortKey?: string
  readonly globalIndex?: readonly string[]
  readonly localIndex?: readonly string[]
  readonly ttl?: string
  readonly stream?: string | true
}

/** The definition that options write. Throws UsageError. */
export function definitionOf(name: string, options: DefinitionArguments): TableDefinition {
  const { globalIndex = [], localIndex = [], partitionKey, sortKey, stream, ttl } = options
  if (partitionKey === undefined) throw new UsageError('--partition-key is needed, or --from')
  return {
    name,
    partitionKey: parseKey(partitionKey, '--partition-key'),
    ...given({
      sortKey: sortKey === undefined ? undefined : parseKey(sortKey, '--sort-key'),
      globalIndexes: listOrNone(globalIndex.map(parseGlobalIndex)),
      localIndexes: listOrNone(localIndex.map(parseLocalIndex)),
      ttl,
      stream: stream === undefined || stream === true ? stream : { viewType: stream as StreamViewType },
    }),
  }
}

/** `name:S`, `name:N` or `name:B`. Throws UsageError. */
export function parseKey(text: string, option: string): KeyAttribute {
  const [, name, type] = /^(.+):([SNB])$/s.exec(text) ?? []
  if (name === undefined || type === undefined)
    throw new UsageError(`${option} '${text}' must be an attribute and its type: name:S, name:N or name:B`)
  return { name, type: type as KeyAttribute['type'] }
}

function parseGlobalIndex(text: string): IndexDefinition {
  return parseIndex(text, '--global-index', (partition, sort) => ({
    partitionKey: partition,
    ...given({ sortKey: sort }),
  }))
}

function parseLocalIndex(text: string): IndexDefinition {
  return parseIndex(text, '--local-index', (sortKey, extra) => {
    if (extra !== undefined)
      throw new UsageError(`--local-index '${text}' has two keys: it has the partition key of the table`)
    return { sortKey }
  })
}

/** `name,attribute:S[,attribute:N][,KEYS_ONLY]`, or JSON with the fields of an IndexDefinition. */
function parseIndex(
  text: string,
  option: string,
  keys: (first: KeyAttribute, second: KeyAttribute | undefined) => Omit<IndexDefinition, 'name'>,
): IndexDefinition {
  if (text.trimStart().startsWith('{')) return parseDefinition(text, option) as unknown as IndexDefinition
  const parts = text.split(',')
  const last = parts.at(-1)
  const projection = last === 'ALL' || last === 'KEYS_ONLY' ? last : undefined
  if (projection !== undefined) parts.pop()
  const [name = '', first, second, more] = parts
  if (first === undefined || more !== undefined)
    throw new UsageError(
      `${option} '${text}' must be name,attribute:TYPE[,attribute:TYPE][,ALL or KEYS_ONLY], or JSON`,
    )
  const parsed = keys(parseKey(first, option), second === undefined ? undefined : parseKey(second, option))
  return { name, ...parsed, ...given({ projection }) }
}

/** A JSON object in an argument or a file. Throws UsageError. */
export function parseDefinition(text: string, what: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}`)
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UsageError(`${what} must be a JSON object`)
  return parsed as Record<string, unknown>
}

function listOrNone<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list
}
