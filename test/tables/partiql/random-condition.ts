import type { Item } from '../../../lib/tables/value.ts'
import type { Random } from '../../model/random.ts'

/** A condition as text, and what it means: told apart from the engine's own evaluation. */
export interface RandomCondition {
  readonly text: string
  readonly holds: (item: Item) => boolean
}

type Scalar = string | number

const attributes = ['pk', 'sk', 'total', 'city', 'name', 'nope', 'm.x', 'l[0]'] as const
const operators = ['=', '<>', '<', '<=', '>', '>='] as const

function read(item: Item, path: string): unknown {
  if (path === 'm.x') return (item['m'] as Item | undefined)?.['x']
  if (path === 'l[0]') return (item['l'] as unknown[] | undefined)?.[0]
  return item[path]
}

/** A value as often of the attribute's own type as of another. Keys only have values of their types: others are errors. */
function literalFor(random: Random, path: string): Scalar {
  if (path === 'pk') return random.pick(['a', 'b', 'c', 'd'])
  if (path === 'sk') return random.below(12)
  if (random.chance(0.15)) return random.chance(0.5) ? random.below(10) : 'Oslo'
  return path === 'city' || path === 'name'
    ? random.pick(['Oslo', 'Rome', 'Bonn', 'b', 'b3'])
    : random.below(12)
}

const shown = (value: Scalar) => (typeof value === 'string' ? `'${value}'` : String(value))

function compare(operator: string, left: unknown, right: unknown): boolean {
  if (operator === '=') return left === right
  if (operator === '<>') return left !== right
  if (typeof left !== typeof right || left === undefined) return false
  const [a, b] = [left as Scalar, right as Scalar]
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}

/** Conditions on few attributes and values, so that most shapes of plans come up. */
export function randomCondition(random: Random, depth = 3): RandomCondition {
  if (depth > 0 && random.chance(0.6)) {
    if (random.chance(0.2)) {
      const inner = randomCondition(random, depth - 1)
      return { text: `NOT (${inner.text})`, holds: (item) => !inner.holds(item) }
    }
    const parts = Array.from({ length: 2 + random.below(2) }, () => randomCondition(random, depth - 1))
    const every = random.chance(0.65)
    return {
      text: parts.map(({ text }) => `(${text})`).join(every ? ' AND ' : ' OR '),
      holds: (item) =>
        every ? parts.every(({ holds }) => holds(item)) : parts.some(({ holds }) => holds(item)),
    }
  }
  const path = random.chance(0.4) ? random.pick(['pk', 'sk'] as const) : random.pick(attributes)
  return simple(random, path)
}

function simple(random: Random, path: string): RandomCondition {
  const value = literalFor(random, path)
  switch (random.below(8)) {
    case 0: {
      const list = Array.from({ length: 1 + random.below(3) }, () => literalFor(random, path))
      return {
        text: `${path} IN [${list.map(shown).join(', ')}]`,
        holds: (item) => list.includes(read(item, path) as Scalar),
      }
    }
    case 1: {
      const other = literalFor(random, path)
      if (typeof other !== typeof value) break
      const [low, high] = value <= other ? [value, other] : [other, value]
      return {
        text: `${path} BETWEEN ${shown(low)} AND ${shown(high)}`,
        holds: (item) => compare('>=', read(item, path), low) && compare('<=', read(item, path), high),
      }
    }
    case 2:
      return { text: `${path} IS MISSING`, holds: (item) => read(item, path) === undefined }
    case 3: {
      if (path === 'sk') break
      const prefix = String(value).slice(0, 1)
      const text = (item: Item) => read(item, path)
      return {
        text: `begins_with(${path}, '${prefix}')`,
        holds: (item) => typeof text(item) === 'string' && (text(item) as string).startsWith(prefix),
      }
    }
    case 4: {
      const operator = random.pick(operators)
      const mirrored: Record<string, string> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }
      return {
        text: `${shown(value)} ${operator} ${path}`,
        holds: (item) => compare(mirrored[operator] ?? operator, read(item, path), value),
      }
    }
  }
  const operator = path === 'pk' && random.chance(0.7) ? '=' : random.pick(operators)
  return {
    text: `${path} ${operator} ${shown(value)}`,
    holds: (item) => compare(operator, read(item, path), value),
  }
}
