import { validation } from '../errors.ts'
import type { Item } from '../value.ts'
import { testCondition } from './evaluator.ts'
import { printCondition } from './print.ts'
import type { Bound, BoundPath, ConditionTree, Operand } from './tree.ts'

/** A condition or filter, ready to be tested. */
export class Condition {
  readonly tree: ConditionTree<Bound>
  #paths: readonly BoundPath[] | undefined

  constructor(tree: ConditionTree<Bound>) {
    this.tree = tree
  }

  /** Whether the condition holds for `item`; an item that does not exist has no attributes. */
  test(item: Item | undefined): boolean {
    return testCondition(this.tree, item ?? noItem)
  }

  /** Every path in it, as often as it is written. */
  get paths(): readonly BoundPath[] {
    this.#paths ??= [...pathsOf(this.tree)]
    return this.#paths
  }

  /** The attributes of items that it looks at. */
  get attributes(): Set<string> {
    return new Set(this.paths.map(({ path }) => path[0] as string))
  }

  /** Text for people; paths and values are written out. */
  toString(): string {
    return printCondition(this.tree)
  }
}

const noItem: Item = Object.freeze({})

/** Throws ValidationException if one of `paths` goes into an attribute of `keys`. */
export function checkKeyPaths(
  paths: Iterable<BoundPath>,
  keys: Iterable<string>,
  what: 'Key' | 'IndexKey' = 'Key',
): void {
  const names = [...keys]
  for (const { path } of paths) {
    const [name] = path
    if (path.length === 1 || !names.includes(name as string)) continue
    const rule = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed"
    throw validation(`${rule}: ${what}: ${name}`, { attribute: name })
  }
}

function* pathsOf(tree: ConditionTree<Bound>): Generator<BoundPath> {
  switch (tree.kind) {
    case 'and':
    case 'or':
      for (const term of tree.terms) yield* pathsOf(term)
      return
    case 'not':
      yield* pathsOf(tree.term)
      return
    default:
      for (const operand of operandsOf(tree)) {
        const leaf = leafOf(operand)
        if (leaf.kind === 'path') yield leaf
      }
  }
}

/** What a condition that contains no other one is about, in the order it is written. */
function operandsOf(
  tree: Exclude<ConditionTree<Bound>, { kind: 'and' | 'or' | 'not' }>,
): readonly Operand<Bound>[] {
  switch (tree.kind) {
    case 'compare':
      return [tree.left, tree.right]
    case 'between':
      return [tree.operand, tree.low, tree.high]
    case 'in':
      return [tree.operand, ...tree.list]
    case 'exists':
    case 'notExists':
      return [tree.operand]
    case 'type':
      return [tree.operand, tree.type]
    case 'beginsWith':
      return [tree.operand, tree.prefix]
    case 'contains':
      return [tree.operand, tree.member]
  }
}

function leafOf(operand: Operand<Bound>): Bound['path'] | Bound['value'] {
  return operand.kind === 'size' ? leafOf(operand.operand) : operand
}
