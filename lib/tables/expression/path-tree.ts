/** Several paths as one tree, for what goes through an item once: updates and projections. */
import { pathText } from './path.ts'
import { type ExpressionKind, invalidExpression } from './source.ts'
import type { Path } from './tree.ts'

/** Has names, or indexes, or a leaf: one of the three. */
export interface PathTree<T> {
  readonly names: Map<string, PathTree<T>>
  readonly indexes: Map<number, PathTree<T>>
  /** What the path that ends here is for. */
  leaf: T | undefined
  /** The first path that came through here. */
  readonly path: Path
}

export interface PathEntry<T> {
  readonly path: Path
  readonly leaf: T
  /** Where the path is written. */
  readonly at?: number | undefined
}

/** Throws ValidationException where two paths are the same, one is inside the other, or one makes a map of another's list. */
export function buildPathTree<T>(kind: ExpressionKind, entries: Iterable<PathEntry<T>>): PathTree<T> {
  const root = emptyTree<T>([])
  for (const { path, leaf, at } of entries) {
    let tree = root
    for (const element of path) {
      const [same, other] =
        typeof element === 'number' ? [tree.indexes, tree.names] : [tree.names, tree.indexes]
      if (tree.leaf !== undefined) throw clash(kind, 'overlap', tree.path, path, at)
      const [stranger] = other.values()
      if (stranger !== undefined) throw clash(kind, 'conflict', stranger.path, path, at)
      tree = descend(same as Map<string | number, PathTree<T>>, element, path)
    }
    // A tree that has a leaf, or something below it, was there before.
    const [below] = [...tree.names.values(), ...tree.indexes.values()]
    if (tree.leaf !== undefined || below !== undefined) throw clash(kind, 'overlap', tree.path, path, at)
    tree.leaf = leaf
  }
  return root
}

function descend<T>(
  children: Map<string | number, PathTree<T>>,
  element: string | number,
  path: Path,
): PathTree<T> {
  let child = children.get(element)
  if (child === undefined) {
    child = emptyTree(path)
    children.set(element, child)
  }
  return child
}

function emptyTree<T>(path: Path): PathTree<T> {
  return { names: new Map(), indexes: new Map(), leaf: undefined, path }
}

function clash(kind: ExpressionKind, verb: 'overlap' | 'conflict', one: Path, two: Path, at?: number): Error {
  const paths = `path one: ${pathText(one)}, path two: ${pathText(two)}`
  return invalidExpression(
    { kind },
    `Two document paths ${verb} with each other; must remove or rewrite one of these paths; ${paths}`,
    at,
  )
}
