/** Expressions back to text, as a statement would have them. Parameters are numbered: `?1`. */
import { isMany } from './key-conditions.ts'
import { isLiteral } from './literal-value.ts'
import { pathText } from './path-parser.ts'
import type { Expression, Literal } from './syntax.ts'

export function expressionText(expression: Expression): string {
  if (isLiteral(expression)) return literalText(expression)
  switch (expression.kind) {
    case 'path':
      return pathText(expression.steps)
    case 'missing':
      return 'MISSING'
    case 'and':
    case 'or':
      return expression.operands.map(grouped).join(` ${expression.kind.toUpperCase()} `)
    case 'not':
      return `NOT ${grouped(expression.operand)}`
    case 'compare':
    case 'arithmetic':
      return `${grouped(expression.left)} ${expression.operator} ${grouped(expression.right)}`
    case 'between':
      return `${grouped(expression.operand)} BETWEEN ${grouped(expression.low)} AND ${grouped(expression.high)}`
    case 'in': {
      const { choices, operand } = expression
      const list = isMany(choices) ? `[${choices.map(expressionText).join(', ')}]` : expressionText(choices)
      return `${grouped(operand)} IN ${list}`
    }
    case 'is':
      return `${grouped(expression.operand)} IS ${expression.type}`
    case 'call':
      return `${expression.name}(${expression.args.map(expressionText).join(', ')})`
    case 'subquery':
      return 'EXISTS(SELECT …)'
  }
}

function grouped(expression: Expression): string {
  const text = expressionText(expression)
  return isLiteral(expression) ||
    expression.kind === 'path' ||
    expression.kind === 'call' ||
    expression.kind === 'compare'
    ? text
    : `(${text})`
}

export function literalText(literal: Literal): string {
  switch (literal.kind) {
    case 'string':
      return quoted(literal.value)
    case 'number':
      return literal.text
    case 'boolean':
      return String(literal.value)
    case 'null':
      return 'NULL'
    case 'parameter':
      return `?${literal.index + 1}`
    case 'list':
      return `[${literal.items.map(expressionText).join(', ')}]`
    case 'bag':
      return `<<${literal.items.map(expressionText).join(', ')}>>`
    case 'map': {
      const entries = literal.entries.map(({ name, value }) => `${quoted(name)}: ${expressionText(value)}`)
      return `{${entries.join(', ')}}`
    }
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
