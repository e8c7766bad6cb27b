import { describeValue } from '../../util/describe-value.ts'
import { invalidParameter, validation } from '../errors.ts'
import type { AccessPath } from './access-path.ts'

/** What a query or scan returns of each item. */
export type Select = 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT'

const selects: readonly unknown[] = [
  'SPECIFIC_ATTRIBUTES',
  'COUNT',
  'ALL_ATTRIBUTES',
  'ALL_PROJECTED_ATTRIBUTES',
] satisfies Select[]

/** `projects`: the parameter of the projection. Throws ValidationException for what is none, and where it does not fit to that and the index. */
export function readSelect(
  given: unknown,
  projects: 'AttributesToGet' | 'ProjectionExpression' | undefined,
  indexed: boolean,
): Select {
  if (given === undefined) {
    if (projects !== undefined) return 'SPECIFIC_ATTRIBUTES'
    return indexed ? 'ALL_PROJECTED_ATTRIBUTES' : 'ALL_ATTRIBUTES'
  }
  if (!selects.includes(given)) {
    throw validation(
      `1 validation error detected: Value ${typeof given === 'string' ? `'${given}'` : describeValue(given)} at 'select' failed to satisfy constraint: Member must satisfy enum value set: [${selects.join(', ')}]`,
    )
  }
  const select = given as Select
  if (select === 'SPECIFIC_ATTRIBUTES' && projects === undefined) {
    throw validation(
      'Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES',
    )
  }
  if (select !== 'SPECIFIC_ATTRIBUTES' && projects !== undefined) {
    const what = select === 'COUNT' ? 'only the Count' : select
    throw validation(`Cannot specify the ${projects} when choosing to get ${what}`)
  }
  if (select === 'ALL_PROJECTED_ATTRIBUTES' && !indexed) {
    throw validation('ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName')
  }
  return select
}

/**
 * True when the items must be read from the table, since the index does not hold all that is asked for; `projected`,
 * `filtered`: the names of the attributes that the projection and the filter mention. Throws ValidationException where
 * DynamoDB does not do that: global indexes. Their filters see what the index holds.
 */
export function needsTable(
  path: AccessPath,
  select: Select,
  projected: ReadonlySet<string> | undefined,
  filtered: ReadonlySet<string> | undefined,
): boolean {
  const { index, projected: held } = path
  if (index === undefined || held === undefined) return false
  const { kind, name } = index.schema
  const missing = [...(projected ?? [])].filter((attribute) => !held.has(attribute))
  if (kind === 'global') {
    if (select === 'ALL_ATTRIBUTES') {
      throw invalidParameter(
        `Select type ALL_ATTRIBUTES is not supported for global secondary index ${name} because its projection type is not ALL`,
      )
    }
    if (missing.length > 0) {
      throw invalidParameter(`Global secondary index ${name} does not project [${missing.join(', ')}]`)
    }
    return false
  }
  if (select === 'ALL_ATTRIBUTES' || missing.length > 0) return true
  return [...(filtered ?? [])].some((attribute) => !held.has(attribute))
}
