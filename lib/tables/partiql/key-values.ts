/** Keys of plans with their values: what is read, in which order. */
import { validation } from '../errors.ts'
import type { SortCondition } from '../key-codec.ts'
import { checkKey, type KeyAttribute, type KeySchema } from '../key-schema.ts'
import {
  type AttributeValue,
  compareScalars,
  equalValues,
  type Item,
  memberKey,
  setAttribute,
  typeOf,
} from '../value.ts'
import { aboutKey, keyRefused, refused } from './failures.ts'
import type { KeyChoice } from './key-conditions.ts'
import { literalValue } from './literal-value.ts'
import type { Direction, ItemKey, SelectPlan, SortRange } from './plan.ts'
import type { Literal } from './syntax.ts'

/** A query of one partition. */
export interface PartitionRead {
  readonly partition: AttributeValue
  readonly sort: SortCondition | undefined
}

/** The reads of a SELECT, one after the other. */
export type Reads =
  | { readonly kind: 'get'; readonly keys: readonly Item[] }
  | { readonly kind: 'query'; readonly partitions: readonly PartitionRead[] }
  | { readonly kind: 'scan' }

/** Partitions or items that one statement reads. */
const mostReads = 50

/** Throws ValidationException for values that the keys cannot have, and for too many of them. */
export function bindReads(plan: SelectPlan, schema: KeySchema, parameters: readonly AttributeValue[]): Reads {
  const { access, partitionOrder, sortOrder } = plan
  if (access.kind === 'scan') return access
  const keys = new KeyValues(schema, parameters)
  const partitions = keys.choices(schema.partitionKey, access.partition, partitionOrder)
  const { sort } = access
  const isRange = sort !== undefined && 'operator' in sort
  const sorts =
    sort === undefined || isRange || schema.sortKey === undefined
      ? []
      : keys.choices(schema.sortKey, sort, sortOrder)
  if (partitions.length * Math.max(sorts.length, 1) > mostReads) {
    throw validation('Too many decomposed read operations for a given query.')
  }
  if (access.kind === 'get') {
    return { kind: 'get', keys: partitions.flatMap((partition) => keys.items(partition, sorts)) }
  }
  const ranges: readonly (SortCondition | undefined)[] = isRange
    ? [keys.range(sort)]
    : sort === undefined
      ? [undefined]
      : sorts.map((value) => ({ op: '=' as const, values: [value] }))
  for (const partition of partitions) for (const range of ranges) keys.check(partition, range?.values)
  return {
    kind: 'query',
    partitions: partitions.flatMap((partition) => ranges.map((range) => ({ partition, sort: range }))),
  }
}

/** The primary key that a write is about. Throws ValidationException. */
export function bindItemKey(key: ItemKey, schema: KeySchema, parameters: readonly AttributeValue[]): Item {
  const item: Item = {}
  const add = ({ name }: KeyAttribute, literals: readonly Literal[]) => {
    const [first, ...others] = literals.map((literal) => literalValue(literal, parameters))
    if (others.some((other) => !equalValues(first as AttributeValue, other))) {
      throw keyRefused(
        `Multiple conditions on same key ${name}. Only single item Update/Insert/Delete are supported`,
      )
    }
    setAttribute(item, name, first as AttributeValue)
  }
  add(schema.partitionKey, key.partition)
  if (schema.sortKey !== undefined && key.sort !== undefined) add(schema.sortKey, key.sort)
  aboutKey(() => checkKey(schema, item))
  return item
}

class KeyValues {
  readonly #schema: KeySchema
  readonly #parameters: readonly AttributeValue[]

  constructor(schema: KeySchema, parameters: readonly AttributeValue[]) {
    this.#schema = schema
    this.#parameters = parameters
  }

  /** Each value once; as they are listed, or ordered. */
  choices(
    attribute: KeyAttribute,
    choices: readonly KeyChoice[],
    order: Direction | undefined,
  ): readonly AttributeValue[] {
    const distinct = new Map<string, AttributeValue>()
    for (const { spread, value: literal } of choices) {
      const value = literalValue(literal, this.#parameters)
      if (spread && !Array.isArray(value)) throw refused('The parameter after IN must be a list', literal.at)
      for (const one of spread ? (value as AttributeValue[]) : [value]) {
        checkType(attribute, one)
        const key = memberKey(one as string)
        if (!distinct.has(key)) distinct.set(key, one)
      }
    }
    const values = [...distinct.values()]
    if (order === undefined) return values
    const sign = order === 'ascending' ? 1 : -1
    return values.sort((a, b) => sign * (compareScalars(a, b) ?? 0))
  }

  items(partition: AttributeValue, sorts: readonly AttributeValue[]): readonly Item[] {
    const keys =
      this.#schema.sortKey === undefined
        ? [this.#key(partition)]
        : sorts.map((sort) => this.#key(partition, sort))
    for (const key of keys) aboutKey(() => checkKey(this.#schema, key))
    return keys
  }

  range(range: SortRange): SortCondition {
    const attribute = this.#schema.sortKey as KeyAttribute
    const literals = range.operator === 'between' ? [range.low, range.high] : [range.value]
    const values = literals.map((literal) => literalValue(literal, this.#parameters))
    if (range.operator === 'begins_with' && attribute.type === 'N') {
      throw validation(
        'Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
      )
    }
    for (const value of values) checkType(attribute, value)
    return { op: range.operator === 'begins_with' ? 'beginsWith' : range.operator, values }
  }

  /** Throws ValidationException for texts and bytes that no key can be: empty or too long ones. */
  check(partition: AttributeValue, sorts: readonly AttributeValue[] = []): void {
    const { partitionKey } = this.#schema
    if (sorts.length === 0) checkKey({ partitionKey }, this.#key(partition))
    for (const sort of sorts) checkKey(this.#schema, this.#key(partition, sort))
  }

  #key(partition: AttributeValue, sort?: AttributeValue): Item {
    const { partitionKey, sortKey } = this.#schema
    const key: Item = {}
    setAttribute(key, partitionKey.name, partition)
    if (sortKey !== undefined && sort !== undefined) setAttribute(key, sortKey.name, sort)
    return key
  }
}

function checkType({ name, type }: KeyAttribute, value: AttributeValue): void {
  if (typeOf(value) === type) return
  throw keyRefused(`Key attribute's data type should match its data type in table's schema: Key ${name}`)
}
