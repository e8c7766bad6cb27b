/**
 * What expressions mean. A tree is first as it was written (`Written`: with #names and :values, kept and shared between
 * requests), then bound to the names and values of one request (`Bound`: what is evaluated). Other languages and older
 * parameters make bound trees directly.
 */
import type { AttributeValue } from '../value.ts'

/** Where an attribute is in an item: names of attributes and indexes of lists. */
export type Path = readonly (string | number)[]

/** A #name that stands for one name of a path. */
export interface NamePlaceholder {
  readonly placeholder: string
  /** Where it is written: characters from the start of the expression. */
  readonly at: number
}

export interface WrittenPath {
  readonly kind: 'path'
  readonly elements: readonly (string | number | NamePlaceholder)[]
  readonly at: number
}

export interface WrittenValue {
  readonly kind: 'value'
  /** The :value. */
  readonly placeholder: string
  readonly at: number
}

export interface BoundPath {
  readonly kind: 'path'
  readonly path: Path
}

export interface BoundValue {
  readonly kind: 'value'
  readonly value: AttributeValue
}

/** The leaves of a tree. */
export interface Leaves {
  readonly path: { readonly kind: 'path' }
  readonly value: { readonly kind: 'value' }
}

export interface Written extends Leaves {
  readonly path: WrittenPath
  readonly value: WrittenValue
}

export interface Bound extends Leaves {
  readonly path: BoundPath
  readonly value: BoundValue
}

export type Leaf<L extends Leaves> = L['path'] | L['value']

/** `size(...)`: the length of a text, the bytes of a binary, the members of anything else. */
export interface Size<L extends Leaves> {
  readonly kind: 'size'
  readonly operand: Operand<L>
}

/** What conditions compare. */
export type Operand<L extends Leaves> = Leaf<L> | Size<L>

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='

export type ConditionTree<L extends Leaves> =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly ConditionTree<L>[] }
  | { readonly kind: 'not'; readonly term: ConditionTree<L> }
  | {
      readonly kind: 'compare'
      readonly comparator: Comparator
      readonly left: Operand<L>
      readonly right: Operand<L>
    }
  | {
      readonly kind: 'between'
      readonly operand: Operand<L>
      readonly low: Operand<L>
      readonly high: Operand<L>
    }
  | { readonly kind: 'in'; readonly operand: Operand<L>; readonly list: readonly Operand<L>[] }
  | { readonly kind: 'exists' | 'notExists'; readonly operand: Operand<L> }
  | { readonly kind: 'type'; readonly operand: Operand<L>; readonly type: Operand<L> }
  | { readonly kind: 'beginsWith'; readonly operand: Operand<L>; readonly prefix: Operand<L> }
  | { readonly kind: 'contains'; readonly operand: Operand<L>; readonly member: Operand<L> }

/** What SET assigns. */
export type UpdateValue<L extends Leaves> =
  | Leaf<L>
  | { readonly kind: 'ifNotExists'; readonly operand: UpdateValue<L>; readonly otherwise: UpdateValue<L> }
  | { readonly kind: 'listAppend'; readonly first: UpdateValue<L>; readonly second: UpdateValue<L> }
  | { readonly kind: 'plus' | 'minus'; readonly left: UpdateValue<L>; readonly right: UpdateValue<L> }

export type UpdateAction<L extends Leaves> =
  | { readonly kind: 'set'; readonly target: L['path']; readonly value: UpdateValue<L> }
  | { readonly kind: 'remove'; readonly target: L['path'] }
  | { readonly kind: 'add' | 'delete'; readonly target: L['path']; readonly value: L['value'] }
