import { type AttributeValue, getAttribute, type Item, setAttribute } from '../value.ts'
import { isMap } from './path.ts'
import { buildPathTree, type PathEntry, type PathTree } from './path-tree.ts'
import { printPath } from './print.ts'
import type { Path } from './tree.ts'

/** Which parts of items are wanted. */
export class Projection {
  readonly paths: readonly Path[]
  readonly #tree: PathTree<true>

  /** Throws ValidationException for paths that overlap or conflict. */
  constructor(paths: readonly (Path | PathEntry<true>)[]) {
    const entries = paths.map((path) => ('path' in path ? path : { path, leaf: true as const }))
    this.paths = entries.map(({ path }) => path)
    this.#tree = buildPathTree('ProjectionExpression', entries)
  }

  /** The attributes of items that it looks at. */
  get attributes(): Set<string> {
    return new Set(this.#tree.names.keys())
  }

  /**
   * The wanted parts of `item`, where they are in it; of lists the wanted elements in their order. What is missing is left
   * out. Shares with `item` what is not taken apart.
   */
  apply(item: Item): Item {
    return pickMap(item, this.#tree) ?? {}
  }

  /** Text for people. */
  toString(): string {
    return this.paths.map((path) => printPath(path, true)).join(', ')
  }
}

function pick(value: AttributeValue | undefined, tree: PathTree<true>): AttributeValue | undefined {
  if (tree.leaf === true || value === undefined) return value
  if (tree.indexes.size > 0) return Array.isArray(value) ? pickList(value, tree) : undefined
  return isMap(value) ? pickMap(value, tree) : undefined
}

function pickMap(map: Item, tree: PathTree<true>): Item | undefined {
  let picked: Item | undefined
  for (const [name, child] of tree.names) {
    const value = pick(getAttribute(map, name), child)
    if (value === undefined) continue
    picked ??= {}
    setAttribute(picked, name, value)
  }
  return picked
}

function pickList(list: AttributeValue[], tree: PathTree<true>): AttributeValue[] | undefined {
  const picked: AttributeValue[] = []
  for (const index of [...tree.indexes.keys()].sort((a, b) => a - b)) {
    const value = pick(list[index], tree.indexes.get(index) as PathTree<true>)
    if (value !== undefined) picked.push(value)
  }
  return picked.length === 0 ? undefined : picked
}
