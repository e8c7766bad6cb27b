import { invalidParameter, validation } from '../errors.ts'
import { type AttributeValue, getAttribute, type Item, setAttribute } from '../value.ts'
import { isMap } from './path.ts'
import { buildPathTree, type PathTree } from './path-tree.ts'
import { printUpdate } from './print.ts'
import type { Bound, Path, UpdateAction } from './tree.ts'
import { addTo, deleteFrom, evaluate } from './update-values.ts'

/** What `Update.apply` did. */
export interface UpdateResult {
  /** The item as it is now; undefined if there was none, and nothing makes one: an update that only takes away does not. */
  readonly item: Item | undefined
  /** The paths that the update names, in the order they are written: for UPDATED_OLD and UPDATED_NEW. */
  readonly touched: readonly Path[]
}

export interface UpdateDetails {
  /** Where the actions are in the text, for errors. */
  readonly places?: readonly number[]
  /** The message where an attribute has another type than what is added to it or deleted from it. */
  readonly mismatch?: string
}

/** What becomes of the attribute at the end of a path: undefined takes it away. */
type Edit = (before: AttributeValue | undefined, item: Item) => AttributeValue | undefined

interface Leaf {
  readonly edit: Edit
  /** It only takes away: that is no error in an item that does not exist. */
  readonly removes: boolean
}

/** An update, ready to be applied. */
export class Update {
  readonly actions: readonly UpdateAction<Bound>[]
  readonly touched: readonly Path[]
  readonly #tree: PathTree<Leaf>
  readonly #removesOnly: boolean

  /** Throws ValidationException for paths that overlap or conflict, and for those of `keyNames`: keys never change. */
  constructor(
    actions: readonly UpdateAction<Bound>[],
    keyNames: Iterable<string>,
    {
      places = [],
      mismatch = 'An operand in the update expression has an incorrect data type',
    }: UpdateDetails = {},
  ) {
    this.actions = actions
    this.touched = actions.map(({ target }) => target.path)
    this.#tree = buildPathTree(
      'UpdateExpression',
      actions.map((action, index) => ({
        path: action.target.path,
        leaf: leafOf(action, mismatch),
        at: places[index],
      })),
    )
    this.#removesOnly = actions.length > 0 && removesOnly(this.#tree)
    for (const name of keyNames) {
      if (!this.#tree.names.has(name)) continue
      throw invalidParameter(`Cannot update attribute ${name}. This attribute is part of the key`, {
        attribute: name,
      })
    }
  }

  /**
   * Updates `item`, or makes one of the attributes of `key`. The new item shares with the old one what did not change; the
   * old one stays as it is. Throws ValidationException where the item has no place for a change, or values of other types.
   */
  apply(item: Item | undefined, key: Item = {}): UpdateResult {
    const { touched } = this
    if (item === undefined && this.#removesOnly) return { item: undefined, touched }
    return {
      item: editMap(item ?? key, this.#tree, { item: item ?? key, isNew: item === undefined }),
      touched,
    }
  }

  /** Text for people. */
  toString(): string {
    return printUpdate(this.actions)
  }
}

interface Context {
  /** The item as it was. */
  readonly item: Item
  readonly isNew: boolean
}

function leafOf(action: UpdateAction<Bound>, mismatch: string): Leaf {
  switch (action.kind) {
    case 'set':
      return { edit: (_, item) => evaluate(action.value, item), removes: false }
    case 'remove':
      return { edit: () => undefined, removes: true }
    case 'add':
      return { edit: (before) => addTo(before, action.value.value, mismatch), removes: false }
    case 'delete':
      return { edit: (before) => deleteFrom(before, action.value.value, mismatch), removes: true }
  }
}

function edit(
  before: AttributeValue | undefined,
  tree: PathTree<Leaf>,
  context: Context,
): AttributeValue | undefined {
  if (tree.leaf !== undefined) return tree.leaf.edit(before, context.item)
  if (tree.names.size > 0 && isMap(before)) return editMap(before, tree, context)
  if (tree.indexes.size > 0 && Array.isArray(before)) return editList(before, tree, context)
  if (context.isNew && before === undefined && removesOnly(tree)) return undefined
  throw validation('The document path provided in the update expression is invalid for update')
}

function editMap(map: Item, tree: PathTree<Leaf>, context: Context): Item {
  const edited: Item = { ...map }
  for (const [name, child] of tree.names) {
    const value = edit(getAttribute(map, name), child, context)
    if (value === undefined) delete edited[name]
    else setAttribute(edited, name, value)
  }
  return edited
}

/** Indexes are those of the list as it was; what is set beyond its end is appended, in the order of the indexes. */
function editList(list: readonly AttributeValue[], tree: PathTree<Leaf>, context: Context): AttributeValue[] {
  const edited: (AttributeValue | undefined)[] = [...list]
  for (const index of [...tree.indexes.keys()].sort((a, b) => a - b)) {
    const value = edit(list[index], tree.indexes.get(index) as PathTree<Leaf>, context)
    if (index < list.length) edited[index] = value
    else edited.push(value)
  }
  return edited.filter((value) => value !== undefined)
}

function removesOnly(tree: PathTree<Leaf>): boolean {
  if (tree.leaf !== undefined) return tree.leaf.removes
  return [...tree.names.values(), ...tree.indexes.values()].every((child) => removesOnly(child))
}
