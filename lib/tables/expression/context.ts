import { validation } from '../errors.ts'
import type { KeySchema } from '../key-schema.ts'
import { bindCondition } from './bind-condition.ts'
import { bindAction, bindTarget } from './bind-update.ts'
import { Condition } from './condition.ts'
import { parseCondition } from './condition-parser.ts'
import { type KeyCondition, keyCondition } from './key-condition.ts'
import { type ExpressionNames, type ExpressionValues, Placeholders } from './placeholders.ts'
import { Projection } from './projection.ts'
import { parseProjection } from './projection-parser.ts'
import { checkSource, type ExpressionKind } from './source.ts'
import { TreeCache } from './tree-cache.ts'
import { Update } from './update.ts'
import { parseUpdate } from './update-parser.ts'

export type { ExpressionNames, ExpressionValues } from './placeholders.ts'

const conditions = new TreeCache(parseCondition)
const updates = new TreeCache(parseUpdate)
const projections = new TreeCache(parseProjection)

/**
 * The expressions of one request and the names and values they share. Make one for each request, then every expression of
 * the request, then call `finish`. Everything throws TableError `ValidationException` in DynamoDB's words, with
 * `context.expression` and `context.position` where the text is wrong.
 */
export class ExpressionContext {
  readonly #placeholders: Placeholders
  readonly #used = new Set<ExpressionKind>()

  constructor(names?: ExpressionNames, values?: ExpressionValues) {
    this.#placeholders = new Placeholders(names, values)
  }

  /** A condition or filter. */
  condition(
    text: string,
    kind: 'ConditionExpression' | 'FilterExpression' = 'ConditionExpression',
  ): Condition {
    this.#used.add(kind)
    const tree = conditions.get(checkSource(kind, text))
    return new Condition(bindCondition(kind, tree, this.#placeholders))
  }

  /** An update of an item whose key attributes are `keyNames`. */
  update(text: string, keyNames: Iterable<string>): Update {
    this.#used.add('UpdateExpression')
    const actions = updates.get(checkSource('UpdateExpression', text))
    const targets = actions.map((action) => bindTarget(action, this.#placeholders))
    return new Update(
      actions.map((action, index) =>
        bindAction(action, targets[index] as (typeof targets)[number], this.#placeholders),
      ),
      keyNames,
      { places: actions.map((action) => action.target.at) },
    )
  }

  projection(text: string): Projection {
    const kind = 'ProjectionExpression'
    this.#used.add(kind)
    const paths = projections.get(checkSource(kind, text))
    return new Projection(
      paths.map((path) => ({ path: this.#placeholders.path(kind, path).path, leaf: true, at: path.at })),
    )
  }

  /** What a query reads, of a table or index with the key `schema`. */
  keyCondition(text: string, schema: KeySchema): KeyCondition {
    const kind = 'KeyConditionExpression'
    this.#used.add(kind)
    const tree = conditions.get(checkSource(kind, text))
    return keyCondition(bindCondition(kind, tree, this.#placeholders), schema)
  }

  /**
   * Throws for names and values that no expression has used. `possible` are the expressions with values that the operation
   * can have: the message for values without any expression lists them.
   */
  finish(possible: readonly ExpressionKind[] = []): void {
    if (this.#placeholders.hasNames && this.#used.size === 0) {
      throw validation('ExpressionAttributeNames can only be specified when using expressions')
    }
    const valued = this.#used.size - (this.#used.has('ProjectionExpression') ? 1 : 0)
    if (this.#placeholders.hasValues && valued === 0) {
      const missing = `${possible.join(' and ')} ${possible.length > 1 ? 'are' : 'is'} null`
      const rule = 'ExpressionAttributeValues can only be specified when using expressions'
      throw validation(possible.length === 0 ? rule : `${rule}: ${missing}`)
    }
    this.#placeholders.checkAllUsed()
  }
}
