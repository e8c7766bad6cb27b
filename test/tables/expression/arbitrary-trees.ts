/** Random conditions and updates, and their texts as people write them: with spaces, parentheses and cases of all kinds. */
import fc from 'fast-check'
import type {
  Comparator,
  ConditionTree,
  Operand,
  UpdateAction,
  UpdateValue,
  Written,
  WrittenPath,
  WrittenValue,
} from '../../../lib/tables/expression/tree.ts'

export type Condition = ConditionTree<Written>
export type Action = UpdateAction<Written>

/** Nobody looks at positions. */
const at = 0

export function paths(): fc.Arbitrary<WrittenPath> {
  const name = fc.constantFrom('a', 'b', 'c', { placeholder: '#a', at }, { placeholder: '#n', at })
  const element = fc.oneof({ weight: 2, arbitrary: name }, fc.nat(3))
  return fc
    .tuple(name, fc.array(element, { maxLength: 2 }))
    .map(([first, rest]) => ({ kind: 'path', elements: [first, ...rest], at }))
}

export function values(placeholders: readonly string[]): fc.Arbitrary<WrittenValue> {
  return fc.constantFrom(...placeholders).map((placeholder) => ({ kind: 'value', placeholder, at }))
}

const comparators: readonly Comparator[] = ['=', '<>', '<', '<=', '>', '>=']

/** Conditions whose operands are right: only comparing a path with itself, and the bounds of BETWEEN, may be wrong. */
export function conditions(all: readonly string[], scalars: readonly string[]): fc.Arbitrary<Condition> {
  const size = paths().map((operand): Operand<Written> => ({ kind: 'size', operand }))
  const any = fc.oneof<fc.Arbitrary<Operand<Written>>[]>(paths(), values(all), size)
  const ordered = fc.oneof<fc.Arbitrary<Operand<Written>>[]>(paths(), values(scalars), size)
  const leaf = fc.oneof<fc.Arbitrary<Condition>[]>(
    fc.record({
      kind: fc.constant('compare' as const),
      comparator: fc.constantFrom(...comparators.slice(0, 2)),
      left: any,
      right: any,
    }),
    fc.record({
      kind: fc.constant('compare' as const),
      comparator: fc.constantFrom(...comparators.slice(2)),
      left: ordered,
      right: ordered,
    }),
    fc.record({ kind: fc.constant('between' as const), operand: ordered, low: ordered, high: ordered }),
    fc.record({
      kind: fc.constant('in' as const),
      operand: any,
      list: fc.array(any, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constantFrom('exists' as const, 'notExists' as const), operand: paths() }),
    fc.record({ kind: fc.constant('type' as const), operand: paths(), type: values([':type']) }),
    fc.record({
      kind: fc.constant('beginsWith' as const),
      operand: fc.oneof<fc.Arbitrary<Operand<Written>>[]>(paths(), values([':s', ':t', ':bin'])),
      prefix: fc.oneof<fc.Arbitrary<Operand<Written>>[]>(paths(), values([':s', ':t', ':bin'])),
    }),
    fc.record({ kind: fc.constant('contains' as const), operand: any, member: any }),
  )
  const { tree } = fc.letrec<{ tree: Condition }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      leaf,
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        terms: fc.array(tie('tree'), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant('not' as const), term: tie('tree') }),
    ),
  }))
  return tree
}

export function actions(): fc.Arbitrary<Action[]> {
  const { value } = fc.letrec<{ inner: UpdateValue<Written>; value: UpdateValue<Written> }>((tie) => ({
    inner: fc.oneof(
      { maxDepth: 2 },
      paths(),
      values([':n', ':m', ':s', ':list']),
      fc.record({ kind: fc.constant('ifNotExists' as const), operand: paths(), otherwise: tie('inner') }),
    ),
    value: fc.oneof(
      { weight: 3, arbitrary: tie('inner') },
      fc.record({
        kind: fc.constant('listAppend' as const),
        first: fc.oneof<fc.Arbitrary<UpdateValue<Written>>[]>(paths(), values([':list'])),
        second: tie('inner').filter((second) => second.kind !== 'value' || second.placeholder === ':list'),
      }),
      fc.record({
        kind: fc.constantFrom('plus' as const, 'minus' as const),
        left: fc.oneof<fc.Arbitrary<UpdateValue<Written>>[]>(paths(), values([':n', ':m'])),
        right: tie('inner').filter((right) => right.kind !== 'value' || /[nm]/.test(right.placeholder)),
      }),
    ),
  }))
  const action = fc.oneof<fc.Arbitrary<Action>[]>(
    fc.record({ kind: fc.constant('set' as const), target: paths(), value }),
    fc.record({ kind: fc.constant('remove' as const), target: paths() }),
    fc.record({ kind: fc.constant('add' as const), target: paths(), value: values([':n', ':ns', ':ss']) }),
    fc.record({ kind: fc.constant('delete' as const), target: paths(), value: values([':ns', ':ss']) }),
  )
  return fc.array(action, { minLength: 1, maxLength: 4 })
}

/** How one text is written: answers to the choices that a writer has, in turn. */
export type Habits = readonly number[]

export const habits = (): fc.Arbitrary<Habits> => fc.array(fc.nat(11), { minLength: 1, maxLength: 12 })

/** Texts of trees. Parentheses are put where they are needed, and where they do no harm. */
export class Writer {
  readonly #habits: Habits
  #turn = 0

  constructor(habits: Habits) {
    this.#habits = habits
  }

  condition(tree: Condition): string {
    switch (tree.kind) {
      case 'and':
      case 'or':
        return tree.terms.map((term) => this.#term(tree.kind, term)).join(this.#word(tree.kind))
      case 'not':
        return `${this.#word('not').trimStart()}${this.#term('not', tree.term)}`
      case 'compare':
        return `${this.#operand(tree.left)}${this.#space()}${tree.comparator}${this.#space()}${this.#operand(tree.right)}`
      case 'between': {
        const bounds = `${this.#operand(tree.low)}${this.#word('and')}${this.#operand(tree.high)}`
        return `${this.#operand(tree.operand)}${this.#word('between')}${bounds}`
      }
      case 'in':
        return `${this.#operand(tree.operand)}${this.#word('in')}${this.#list(tree.list)}`
      case 'exists':
        return `attribute_exists${this.#list([tree.operand])}`
      case 'notExists':
        return `attribute_not_exists${this.#list([tree.operand])}`
      case 'type':
        return `attribute_type${this.#list([tree.operand, tree.type])}`
      case 'beginsWith':
        return `begins_with${this.#list([tree.operand, tree.prefix])}`
      case 'contains':
        return `contains${this.#list([tree.operand, tree.member])}`
    }
  }

  /** Sections in the order in which they come up first: a section has all actions of its kind. */
  update(list: readonly Action[]): string {
    const kinds = [...new Set(list.map(({ kind }) => kind))]
    return kinds
      .map((kind) => {
        const section = list.filter((action) => action.kind === kind).map((action) => this.#action(action))
        return `${this.#word(kind).trimStart()}${section.join(`,${this.#space()}`)}`
      })
      .join(' ')
  }

  /** -1 where a writer would do the plain thing. */
  #choose(): number {
    return this.#habits[this.#turn++ % this.#habits.length] as number
  }

  #space(): string {
    return ['', ' ', '  ', '\n', '\t', '\r\n'][this.#choose()] ?? ' '
  }

  #word(word: string): string {
    const cased = [word, word.toUpperCase(), `${word.charAt(0).toUpperCase()}${word.slice(1)}`][
      this.#choose() % 3
    ]
    return ` ${this.#space()}${cased} `
  }

  #term(outer: 'and' | 'or' | 'not', term: Condition): string {
    const text = this.condition(term)
    // AND inside of AND is another tree than one AND.
    const needed = term.kind === 'or' || (term.kind === 'and' && outer !== 'or')
    return needed || this.#choose() === 0 ? `(${this.#space()}${text}${this.#space()})` : text
  }

  #list(operands: readonly Operand<Written>[]): string {
    const list = operands.map((operand) => this.#operand(operand)).join(`,${this.#space()}`)
    return `${this.#space()}(${this.#space()}${list}${this.#space()})`
  }

  #operand(operand: Operand<Written>): string {
    const text = operand.kind === 'size' ? `size${this.#list([operand.operand])}` : this.#leaf(operand)
    return this.#choose() === 0 ? `(${text})` : text
  }

  #leaf(leaf: WrittenPath | WrittenValue): string {
    if (leaf.kind === 'value') return leaf.placeholder
    return leaf.elements
      .map((element, depth) => {
        if (typeof element === 'number') return `${this.#space()}[${element}]`
        const name = typeof element === 'object' ? element.placeholder : element
        return depth === 0 ? name : `.${this.#space()}${name}`
      })
      .join('')
  }

  #action(action: Action): string {
    const target = this.#leaf(action.target)
    if (action.kind === 'remove') return target
    if (action.kind !== 'set') return `${target} ${this.#leaf(action.value)}`
    return `${target}${this.#space()}=${this.#space()}${this.#value(action.value)}`
  }

  #value(value: UpdateValue<Written>): string {
    const text = this.#plainValue(value)
    return this.#choose() === 0 ? `(${text})` : text
  }

  #plainValue(value: UpdateValue<Written>): string {
    switch (value.kind) {
      case 'ifNotExists':
        return `if_not_exists(${this.#value(value.operand)},${this.#space()}${this.#value(value.otherwise)})`
      case 'listAppend':
        return `list_append(${this.#value(value.first)},${this.#space()}${this.#value(value.second)})`
      case 'plus':
      case 'minus':
        return `${this.#value(value.left)}${this.#space()}${value.kind === 'plus' ? '+' : '-'}${this.#space()}${this.#value(value.right)}`
      default:
        return this.#leaf(value)
    }
  }
}
