/** How a statement is carried out: data, made from the statement and the table's keys alone. Values come later. */
import type { KeyChoice } from './key-conditions.ts'
import type { Expression, Literal, OrderTerm, Path, Returning, UpdateAction } from './syntax.ts'

/** What a query demands of the sort key. */
export type SortRange =
  | { readonly operator: '=' | '<' | '<=' | '>' | '>=' | 'begins_with'; readonly value: Literal }
  /** `stated`: the statement says BETWEEN; else two comparisons were joined, and crossed bounds are no error. */
  | { readonly operator: 'between'; readonly low: Literal; readonly high: Literal; readonly stated: boolean }

/** Which rows are read. What `filter` says is tested on each of them. */
export type Access =
  /** Every combination of these values is a primary key. */
  | { readonly kind: 'get'; readonly partition: readonly KeyChoice[]; readonly sort: readonly KeyChoice[] }
  /** One query for each partition (and each value of the sort key, if `sort` has several). */
  | {
      readonly kind: 'query'
      readonly partition: readonly KeyChoice[]
      readonly sort?: SortRange | readonly KeyChoice[]
    }
  | { readonly kind: 'scan' }

export type Direction = 'ascending' | 'descending'

export interface SelectPlan {
  readonly kind: 'select'
  readonly table: string
  readonly index?: string
  readonly access: Access
  /** All of WHERE. */
  readonly where?: Expression
  /** What remains of WHERE: it is tested on each row. */
  readonly filter?: Expression
  /** Undefined: all attributes. `name` is what the result calls it. */
  readonly columns?: readonly Column[]
  /** Order of the sort keys in each partition. Undefined: ascending, or as the statement lists them. */
  readonly sortOrder?: Direction
  /** Order of the partitions, when several are read. Undefined: as the statement lists them. */
  readonly partitionOrder?: Direction
  readonly orderBy: readonly OrderTerm[]
  readonly limit?: Expression
  readonly offset?: Expression
}

export interface Column {
  readonly path: Path
  readonly name: string
}

export interface InsertPlan {
  readonly kind: 'insert'
  readonly table: string
  readonly item: Literal
}

/** The one item that UPDATE, DELETE or EXISTS is about: for each key attribute what it is said to be equal to. */
export interface ItemKey {
  readonly partition: readonly Literal[]
  readonly sort?: readonly Literal[]
}

export interface UpdatePlan {
  readonly kind: 'update'
  readonly table: string
  readonly key: ItemKey
  /** What WHERE says besides the key. */
  readonly condition?: Expression
  readonly actions: readonly UpdateAction[]
  readonly returning?: Returning
}

export interface DeletePlan {
  readonly kind: 'delete'
  readonly table: string
  readonly key: ItemKey
  readonly condition?: Expression
  readonly returning?: Returning
}

/** A condition among the writes of a transaction. */
export interface CheckPlan {
  readonly kind: 'check'
  readonly table: string
  readonly key: ItemKey
  readonly condition: Expression
}

export type Plan = SelectPlan | InsertPlan | UpdatePlan | DeletePlan | CheckPlan
