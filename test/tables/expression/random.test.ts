/** Random conditions and updates on random items, beside a model that is as simple as it can be. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isTableError } from '../../../lib/tables/errors.ts'
import { ExpressionContext } from '../../../lib/tables/expression/context.ts'
import type { Operand, UpdateValue, Written, WrittenPath } from '../../../lib/tables/expression/tree.ts'
import { Decimal } from '../../../lib/tables/number.ts'
import { type AttributeValue, copyItem, type Item, typeOf } from '../../../lib/tables/value.ts'
import { type Action, actions, type Condition, conditions, habits, Writer } from './arbitrary-trees.ts'

const numbers: AttributeValue[] = [0, 1, 1n, new Decimal('1.0'), 2, new Decimal('1.5'), -3]
const texts = ['', 'a', 'ab', 'b', '\u{10000}', '\uffff']
const binaries = [Uint8Array.of(), Uint8Array.of(1), Uint8Array.of(1, 200), Uint8Array.of(200)]

function anyValue(): fc.Arbitrary<AttributeValue> {
  const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<AttributeValue>(...numbers, ...texts, ...binaries, true, false, null),
      fc.constantFrom<AttributeValue>(
        new Set(['a', 'ab']),
        new Set(['b']),
        new Set([1, 2]),
        new Set([2n, new Decimal('1.5')]),
        new Set(binaries.slice(1, 3)),
      ),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
    ),
  }))
  return value
}

const items = (): fc.Arbitrary<Item> =>
  fc.dictionary(fc.constantFrom('a', 'b', 'c'), anyValue(), { maxKeys: 3 })

const names = { '#a': 'a', '#n': 'b' }
const fixed = { ':type': 'L', ':s': 'a', ':t': 'ab', ':bin': Uint8Array.of(1) }
const placeholders = [':v', ':w', ':x']

// The model: values as texts that are equal where values are, and in the order of the values where there is one.

type Model = AttributeValue | undefined

function text(value: Model): string {
  if (value === undefined) return 'nothing'
  const type = typeOf(value)
  switch (type) {
    case 'N':
      return `N${Number(value)}`
    case 'B':
      return `B${Buffer.from(value as Uint8Array).toString('hex')}`
    case 'L':
      return `L[${(value as AttributeValue[]).map(text)}]`
    case 'M':
      return `M{${Object.entries(value as Item)
        .map(([name, field]) => `${name}:${text(field)}`)
        .sort()}}`
    case 'SS':
    case 'NS':
    case 'BS':
      return `${type}{${members(value).sort()}}`
    default:
      return `${type}${String(value)}`
  }
}

const members = (set: Model): string[] => [...(set as Set<string>)].map(text)

function order(a: Model, b: Model): number {
  const type = a === undefined ? '' : typeOf(a)
  if (b === undefined || typeOf(b) !== type) return Number.NaN
  if (type === 'N') return Number(a) - Number(b)
  if (type === 'S') return Buffer.from(a as string).compare(Buffer.from(b as string))
  return type === 'B' ? Buffer.from(a as Uint8Array).compare(b as Uint8Array) : Number.NaN
}

function find(item: Item, { elements }: WrittenPath): Model {
  return elements.reduce<Model>((value, element) => {
    const name = typeof element === 'object' ? names[element.placeholder as '#a'] : element
    if (value === undefined) return undefined
    if (typeof name === 'number') return typeOf(value) === 'L' ? (value as AttributeValue[])[name] : undefined
    return typeOf(value) === 'M' ? (value as Item)[name as string] : undefined
  }, item)
}

class ConditionModel {
  readonly #item: Item
  readonly #values: Record<string, AttributeValue>

  constructor(item: Item, values: Record<string, AttributeValue>) {
    this.#item = item
    this.#values = values
  }

  value(operand: Operand<Written>): Model {
    if (operand.kind === 'value') return this.#values[operand.placeholder]
    if (operand.kind === 'path') return find(this.#item, operand)
    const inner = this.value(operand.operand)
    if (inner === undefined || /^(N|BOOL|NULL)$/.test(typeOf(inner))) return undefined
    if (typeof inner === 'string' || Array.isArray(inner)) return inner.length
    if (inner instanceof Uint8Array) return inner.byteLength
    return inner instanceof Set ? inner.size : Object.keys(inner as Item).length
  }

  holds(tree: Condition): boolean {
    switch (tree.kind) {
      case 'and':
        return tree.terms.every((term) => this.holds(term))
      case 'or':
        return tree.terms.some((term) => this.holds(term))
      case 'not':
        return !this.holds(tree.term)
      case 'compare':
        return this.#compare(tree.comparator, this.value(tree.left), this.value(tree.right))
      case 'between': {
        const value = this.value(tree.operand)
        return order(value, this.value(tree.low)) >= 0 && order(value, this.value(tree.high)) <= 0
      }
      case 'in':
        return tree.list.some((one) => this.#compare('=', this.value(tree.operand), this.value(one)))
      case 'exists':
        return this.value(tree.operand) !== undefined
      case 'notExists':
        return this.value(tree.operand) === undefined
      case 'type': {
        const value = this.value(tree.operand)
        return value !== undefined && typeOf(value) === fixed[':type']
      }
      case 'beginsWith': {
        const [value, prefix] = [text(this.value(tree.operand)), text(this.value(tree.prefix))]
        return /^[SB]/.test(value) && !/^(SS|BS|BOOL)/.test(value) && value.startsWith(prefix)
      }
      case 'contains':
        return this.#contains(this.value(tree.operand), this.value(tree.member))
    }
  }

  #compare(comparator: string, left: Model, right: Model): boolean {
    const equal = left !== undefined && text(left) === text(right)
    if (comparator === '=') return equal
    if (comparator === '<>') return !equal
    const sign = order(left, right)
    return { '<': sign < 0, '<=': sign <= 0, '>': sign > 0, '>=': sign >= 0 }[comparator] as boolean
  }

  #contains(value: Model, member: Model): boolean {
    if (value === undefined || member === undefined) return false
    const type = typeOf(value)
    if (type === 'L') return (value as AttributeValue[]).map(text).includes(text(member))
    if (type === `${typeOf(member)}S`) return members(value).includes(text(member))
    if (type !== typeOf(member) || (type !== 'S' && type !== 'B')) return false
    return type === 'S'
      ? (value as string).includes(member as string)
      : Buffer.from(value as Uint8Array).includes(Buffer.from(member as Uint8Array))
  }
}

/** What a request with random values is refused for: that is known without an item. */
const refused = /must be distinct|Incorrect operand type|BETWEEN operator requires/

/** What `make` makes, or undefined where it is refused for its values. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (isTableError(error, 'ValidationException') && refused.test(error.message)) return undefined
    throw error
  }
}

test('conditions', () => {
  const all = [...placeholders, ':s', ':t', ':bin']
  const scalar = fc.constantFrom<AttributeValue>(...numbers, ...texts, ...binaries)
  let tested = 0
  fc.assert(
    fc.property(
      conditions(all, [':w', ':x', ':s']),
      fc.record({ ':v': anyValue(), ':w': scalar, ':x': scalar }),
      fc.array(items(), { minLength: 1, maxLength: 5 }),
      habits(),
      (tree, random, some, habit) => {
        const values = { ...fixed, ...random }
        const written = new Writer(habit).condition(tree)
        const condition = unlessRefused(() => new ExpressionContext(names, values).condition(written))
        if (condition === undefined) return
        for (const item of some) {
          tested++
          expect(condition.test(item), written).toBe(new ConditionModel(item, values).holds(tree))
        }
      },
    ),
    { numRuns: 800 },
  )
  // Not all were refused.
  expect(tested).toBeGreaterThan(500)
})

// Updates: lists become maps by index, so that indexes stay those of the item as it was.

type Sparse = Map<string | number, Sparse | AttributeValue> & { list?: true }

function sparse(value: AttributeValue): Sparse | AttributeValue {
  const type = typeOf(value)
  if (type !== 'L' && type !== 'M') return value
  const entries: [string | number, AttributeValue][] =
    type === 'L' ? [...(value as AttributeValue[]).entries()] : Object.entries(value as Item)
  const map: Sparse = new Map(entries.map(([key, one]) => [key, sparse(one)]))
  if (type === 'L') map.list = true
  return map
}

function dense(value: Sparse | AttributeValue): AttributeValue {
  if (!(value instanceof Map)) return value
  const entries = [...value].map(([key, one]) => [key, dense(one)] as const)
  if (value.list !== true) return Object.fromEntries(entries)
  return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, one]) => one)
}

class Failed extends Error {}

class UpdateModel {
  readonly #before: Item
  readonly #values: Record<string, AttributeValue>
  readonly #after: Sparse

  constructor(before: Item, values: Record<string, AttributeValue>) {
    this.#before = before
    this.#values = values
    this.#after = sparse(before) as Sparse
  }

  apply(list: readonly Action[]): Item {
    for (const action of list) this.#act(action)
    return dense(this.#after) as Item
  }

  #act(action: Action): void {
    const keys = action.target.elements.map((element) =>
      typeof element === 'object' ? (names[element.placeholder as '#a'] as string) : element,
    )
    const last = keys.pop() as string | number
    let parent: Sparse | AttributeValue | undefined = this.#after
    for (const key of keys) parent = parent instanceof Map ? parent.get(key) : undefined
    if (!(parent instanceof Map) || (parent.list === true) !== (typeof last === 'number')) throw new Failed()
    const value = this.#change(action, find(this.#before, action.target))
    if (value === undefined) parent.delete(last)
    else parent.set(last, sparse(value))
  }

  #change(action: Action, before: Model): Model {
    if (action.kind === 'remove') return undefined
    if (action.kind === 'set') return this.#value(action.value)
    const value = this.#values[action.value.placeholder] as AttributeValue
    if (before === undefined) return action.kind === 'add' ? value : undefined
    if (typeOf(before) !== typeOf(value)) throw new Failed()
    if (typeOf(value) === 'N') return Number(before) + Number(value)
    const gone = new Set(members(value))
    const kept = [...(before as Set<string>)].filter((member) => !gone.has(text(member)))
    if (action.kind === 'add') return new Set([...kept, ...(value as Set<string>)])
    return kept.length === 0 ? undefined : new Set(kept)
  }

  #value(value: UpdateValue<Written>): AttributeValue {
    switch (value.kind) {
      case 'value':
        return this.#values[value.placeholder] as AttributeValue
      case 'path':
        return this.#found(find(this.#before, value))
      case 'ifNotExists': {
        const there = find(this.#before, value.operand as WrittenPath)
        return there === undefined ? this.#value(value.otherwise) : there
      }
      case 'listAppend': {
        const lists = [this.#value(value.first), this.#value(value.second)]
        if (!lists.every(Array.isArray)) throw new Failed()
        return (lists as AttributeValue[][]).flat(1)
      }
      default: {
        const [left, right] = [this.#value(value.left), this.#value(value.right)]
        if (typeOf(left) !== 'N' || typeOf(right) !== 'N') throw new Failed()
        return value.kind === 'plus' ? Number(left) + Number(right) : Number(left) - Number(right)
      }
    }
  }

  #found(value: Model): AttributeValue {
    if (value === undefined) throw new Failed()
    return value
  }
}

/** Whether one path is in another, or makes a map of its list. */
function clash(list: readonly Action[]): boolean {
  const keys = list.map(({ target }) =>
    target.elements.map((element) =>
      typeof element === 'object' ? names[element.placeholder as '#a'] : element,
    ),
  )
  return keys.some((one, index) =>
    keys.slice(0, index).some((other) => {
      const shared = one.findIndex((key, depth) => key !== other[depth])
      if (shared === -1 || shared >= other.length) return true
      return typeof one[shared] !== typeof other[shared]
    }),
  )
}

test('updates', () => {
  const values: Record<string, AttributeValue> = {
    ':n': 2,
    ':m': new Decimal('0.5'),
    ':s': 'a',
    ':list': ['x', [1]],
    ':ns': new Set([1, 7]),
    ':ss': new Set(['a', 'z']),
  }
  const seen = { clash: 0, done: 0, failed: 0 }
  fc.assert(
    fc.property(actions(), items(), habits(), (list, item, habit) => {
      const written = new Writer(habit).update(list)
      const context = new ExpressionContext(names, values)
      if (clash(list)) {
        seen.clash++
        expect(() => context.update(written, []), written).toThrow(/document paths (overlap|conflict)/)
        return
      }
      const update = context.update(written, [])
      const kept = copyItem(item)
      let expected: Item
      try {
        expected = new UpdateModel(item, values).apply(list)
      } catch (error) {
        if (!(error instanceof Failed)) throw error
        seen.failed++
        expect(() => update.apply(item), written).toThrow(/data type|does not exist|invalid for update/)
        return
      }
      seen.done++
      expect(text(update.apply(item).item), written).toBe(text(expected))
      expect(text(item)).toBe(text(kept))
    }),
    { numRuns: 2000 },
  )
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100)
})
