/** The text of an expression, what it is for, and the errors that point into it. */
import { type TableError, validation } from '../errors.ts'
import { maxExpressionBytes } from './limits.ts'

/** Which parameter of a request the expression is; messages begin with it. */
export type ExpressionKind =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression'

export interface Source {
  readonly kind: ExpressionKind
  readonly text: string
}

/** Throws ValidationException for what is no text, for an empty one and for one that is too long. */
export function checkSource(kind: ExpressionKind, text: unknown): Source {
  if (typeof text !== 'string') throw validation(`Invalid ${kind}: The expression must be a string`)
  const source = { kind, text }
  if (text.trim() === '') throw invalidExpression(source, 'The expression can not be empty;')
  // A character is at most three bytes a unit: most texts need not be counted.
  if (text.length * 3 > maxExpressionBytes) {
    const size = Buffer.byteLength(text)
    if (size > maxExpressionBytes) {
      throw invalidExpression(
        source,
        `Expression size has exceeded the maximum allowed size; expression size: ${size}`,
      )
    }
  }
  return source
}

/**
 * The error for `source`, in DynamoDB's words. `context.position` is where in the text, in characters from 0; `more` joins
 * the context.
 */
export function invalidExpression(
  source: { readonly kind: ExpressionKind },
  message: string,
  position?: number,
  more: Readonly<Record<string, unknown>> = {},
): TableError {
  const place = position === undefined ? {} : { position }
  return validation(`Invalid ${source.kind}: ${message}`, { expression: source.kind, ...place, ...more })
}
