/** The trees of statements, as the parser makes them. Parameters are still numbers, numbers are still texts. */
import type { Place } from './place.ts'

/** `a.b[0]`: names and list indexes; the first is a name. */
export type PathSteps = readonly [string, ...(string | number)[]]

export interface Path {
  readonly kind: 'path'
  readonly steps: PathSteps
  readonly at: Place
}

/** What is written as a value, and can be nested. */
export type Literal =
  | { readonly kind: 'string'; readonly value: string; readonly at: Place }
  /** With its sign, otherwise as written: `-1.5e3`. */
  | { readonly kind: 'number'; readonly text: string; readonly at: Place }
  | { readonly kind: 'boolean'; readonly value: boolean; readonly at: Place }
  | { readonly kind: 'null'; readonly at: Place }
  | { readonly kind: 'list'; readonly items: readonly Expression[]; readonly at: Place }
  | { readonly kind: 'bag'; readonly items: readonly Expression[]; readonly at: Place }
  | { readonly kind: 'map'; readonly entries: readonly MapEntry[]; readonly at: Place }
  /** The parameter `?` with this number, from 0, in the order of the text. */
  | { readonly kind: 'parameter'; readonly index: number; readonly at: Place }

export interface MapEntry {
  readonly name: string
  readonly value: Expression
  readonly at: Place
}

export interface Call {
  readonly kind: 'call'
  /** In small letters; `written` is what the statement says. */
  readonly name: string
  readonly written: string
  readonly args: readonly Expression[]
  readonly at: Place
}

export type CompareOperator = '=' | '<>' | '<' | '<=' | '>' | '>='

/** Everything that can stand in WHERE, or to the right of `=` in SET. */
export type Expression =
  | Path
  | Literal
  | Call
  | { readonly kind: 'missing'; readonly at: Place }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[]; readonly at: Place }
  | { readonly kind: 'not'; readonly operand: Expression; readonly at: Place }
  | {
      readonly kind: 'compare'
      readonly operator: CompareOperator
      readonly left: Expression
      readonly right: Expression
      readonly at: Place
    }
  | {
      readonly kind: 'between'
      readonly operand: Expression
      readonly low: Expression
      readonly high: Expression
      readonly at: Place
    }
  /** `IN [a, b]`, `IN (a, b)`, or `IN ?` with a list as parameter. */
  | {
      readonly kind: 'in'
      readonly operand: Expression
      readonly choices: readonly Expression[] | Expression
      readonly at: Place
    }
  /** `IS MISSING`, `IS NULL`, `IS STRING`. The type is in capitals. */
  | { readonly kind: 'is'; readonly operand: Expression; readonly type: string; readonly at: Place }
  | {
      readonly kind: 'arithmetic'
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
      readonly at: Place
    }
  | { readonly kind: 'subquery'; readonly select: SelectStatement; readonly at: Place }

/** `"Table"."Index"`. */
export interface Source {
  readonly table: string
  readonly index?: string
  readonly at: Place
}

export interface OrderTerm {
  readonly path: Path
  readonly descending: boolean
}

export interface SelectStatement {
  readonly kind: 'select'
  /** Undefined for `*`. */
  readonly columns?: readonly Path[]
  readonly source: Source
  readonly where?: Expression
  readonly orderBy: readonly OrderTerm[]
  readonly limit?: Expression
  readonly offset?: Expression
}

export interface InsertStatement {
  readonly kind: 'insert'
  readonly source: Source
  readonly item: Expression
}

/** One step of an UPDATE. `value` is missing with REMOVE only. */
export interface UpdateAction {
  readonly verb: 'SET' | 'REMOVE' | 'ADD' | 'DELETE'
  readonly path: Path
  readonly value?: Expression
}

/** `RETURNING ALL OLD *`: what of the item, and as it was before or after. */
export interface Returning {
  readonly what: 'ALL' | 'MODIFIED'
  readonly when: 'OLD' | 'NEW'
  readonly at: Place
}

export interface UpdateStatement {
  readonly kind: 'update'
  readonly source: Source
  readonly actions: readonly UpdateAction[]
  readonly where?: Expression
  readonly returning?: Returning
}

export interface DeleteStatement {
  readonly kind: 'delete'
  readonly source: Source
  readonly where?: Expression
  readonly returning?: Returning
}

/** `EXISTS(SELECT …)`: a condition among the writes of a transaction. */
export interface ExistsStatement {
  readonly kind: 'exists'
  readonly select: SelectStatement
  readonly at: Place
}

export type Statement =
  | SelectStatement
  | InsertStatement
  | UpdateStatement
  | DeleteStatement
  | ExistsStatement

/** A statement that was read, and the number of `?` in it. */
export interface ParsedStatement {
  readonly text: string
  readonly statement: Statement
  readonly parameters: number
}
