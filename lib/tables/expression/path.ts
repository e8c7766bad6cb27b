/** Paths to attributes. */
import { type AttributeValue, getAttribute, type Item, isPlainObject } from '../value.ts'
import type { Path } from './tree.ts'

/** True for maps: the values that names can go into. */
export function isMap(value: AttributeValue | undefined): value is Item {
  return typeof value === 'object' && value !== null && isPlainObject(value)
}

/** What is at `path`; undefined where nothing is. */
export function lookUp(item: Item, path: Path): AttributeValue | undefined {
  let value = getAttribute(item, path[0] as string)
  for (let depth = 1; depth < path.length && value !== undefined; depth++) {
    value = step(value, path[depth] as string | number)
  }
  return value
}

function step(value: AttributeValue, element: string | number): AttributeValue | undefined {
  if (typeof element === 'number') return Array.isArray(value) ? value[element] : undefined
  return isMap(value) ? getAttribute(value, element) : undefined
}

export function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((element, depth) => element === b[depth])
}

/** As messages show it: `[a, b, [0]]`. */
export function pathText(path: Path): string {
  return `[${path.map((element) => (typeof element === 'number' ? `[${element}]` : element)).join(', ')}]`
}
