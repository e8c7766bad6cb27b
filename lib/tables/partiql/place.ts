/** Where something stands in a statement, and how DynamoDB writes it: `line:column:length`, from 1, in characters. */
export interface Place {
  readonly line: number
  readonly column: number
  readonly length: number
}

export function placeText({ line, column, length }: Place): string {
  return `${line}:${column}:${length}`
}

/** The place from the beginning of the one to the end of the other; on one line when both are. */
export function spanOf(first: Place, last: Place): Place {
  if (first.line !== last.line) return first
  return { line: first.line, column: first.column, length: last.column + last.length - first.column }
}
