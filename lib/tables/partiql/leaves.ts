import { isTableError, validation } from '../errors.ts'
import { Placeholders } from '../expression/placeholders.ts'
import type { ExpressionKind } from '../expression/source.ts'
import type { WrittenPath, WrittenValue } from '../expression/tree.ts'
import type { AttributeValue } from '../value.ts'
import { literalValue } from './literal-value.ts'
import type { Place } from './place.ts'
import type { Expression, Literal, Path } from './syntax.ts'

/**
 * The paths and values of a statement as the leaves of an expression: each value becomes a placeholder, so that the
 * expression is bound, and checked, by the same code as one that comes as text.
 */
export class Leaves {
  readonly #parameters: readonly AttributeValue[]
  readonly #values: Record<string, AttributeValue> = {}
  readonly #places: Place[] = []

  constructor(parameters: readonly AttributeValue[]) {
    this.#parameters = parameters
  }

  path({ steps, at }: Path): WrittenPath {
    return { kind: 'path', elements: steps, at: this.#place(at) }
  }

  literal(literal: Literal): WrittenValue {
    return this.value(this.valueOf(literal), literal.at)
  }

  value(value: AttributeValue, at: Place): WrittenValue {
    const number = this.#place(at)
    const placeholder = `:${number}`
    this.#values[placeholder] = value
    return { kind: 'value', placeholder, at: number }
  }

  valueOf(literal: Literal): AttributeValue {
    return literalValue(literal, this.#parameters)
  }

  /** Binds what was made of these leaves; errors lose the kind of expression, and get the place in the statement. */
  bind<T>(kind: ExpressionKind, make: (placeholders: Placeholders) => T): T {
    const values = Object.keys(this.#values).length === 0 ? undefined : this.#values
    try {
      return make(new Placeholders(undefined, values))
    } catch (error) {
      if (!isTableError(error)) throw error
      const place = this.#places[Number(error.context['position'])]
      throw validation(error.message.replace(`Invalid ${kind}: `, ''), { ...place })
    }
  }

  /** Where binding may find fault: its number stands for it. */
  #place(at: Expression['at']): number {
    return this.#places.push(at) - 1
  }
}
