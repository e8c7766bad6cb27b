import type { Faults } from './faults.ts'
import type { Random } from './random.ts'
import { type JsonObject, plainNames, type RandomValues } from './random-values.ts'

/** What stands for names and values in the expressions of one request, as they are written. */
export class Placeholders {
  readonly names: { [placeholder: string]: string } = {}
  readonly values: JsonObject = {}

  name(name: string): string {
    const placeholder = `#n${Object.keys(this.names).length}`
    this.names[placeholder] = name
    return placeholder
  }

  value(value: JsonObject): string {
    const placeholder = `:v${Object.keys(this.values).length}`
    this.values[placeholder] = value
    return placeholder
  }
}

const orders = ['<', '<=', '>', '>=']
const scalars = ['S', 'N', 'B']
const intruders = ['(', ')', 'AND', ',', '=', '1', 'foo(a)', '!', 'select', '.', '[0]', 'SET', 'NOT', '-']

/** Random expressions: right, but for the one mistake that the request may have. */
export class RandomExpressions {
  readonly #random: Random
  readonly #values: RandomValues
  readonly #faults: Faults
  readonly #placeholders: Placeholders
  readonly #keys: readonly string[]

  /** `keys`: attributes that conditions may name, whole; updates must not change them. */
  constructor(values: RandomValues, faults: Faults, placeholders: Placeholders, keys: readonly string[]) {
    this.#random = values.random
    this.#values = values
    this.#faults = faults
    this.#placeholders = placeholders
    this.#keys = keys
  }

  condition(): string {
    return this.#spoil(this.#tests(0))
  }

  /** No path in it is within another one. */
  update(): string {
    const random = this.#random
    const left = plainNames.filter(() => random.chance(0.8))
    const next = (usual: readonly string[]) => {
      if (this.#faults.here(0.02)) return random.pick([...this.#keys, 'a', 'b', 'c'])
      const fitting = usual.filter((name) => left.includes(name as never))
      const name = fitting.length === 0 ? left.at(-1) : random.pick(fitting)
      if (name !== undefined) left.splice(left.indexOf(name as never), 1)
      return name
    }
    const clauses: string[] = []
    const add = (
      clause: string,
      likely: number,
      most: number,
      names: readonly string[],
      one: (path: string, name: string) => string,
    ) => {
      if (!random.chance(likely)) return
      const parts: string[] = []
      for (let count = 1 + random.below(most); count > 0; count--) {
        const name = next(names)
        if (name !== undefined)
          parts.push(one(this.#path(name, clause === 'ADD' || clause === 'DELETE' ? 0.05 : 0.3), name))
      }
      if (parts.length > 0) clauses.push(`${clause} ${parts.join(', ')}`)
    }
    const valueFor = (name: string, usual: string) => {
      if (this.#faults.here(0.1)) return this.#value()
      return this.#value({ n: 'N', ns: 'NS', ss: 'SS', bs: 'BS' }[name] ?? usual)
    }
    add('SET', 0.7, 3, plainNames, (path) => `${path} = ${this.#setValue()}`)
    add('REMOVE', 0.3, 2, plainNames, (path) => path)
    add(
      'ADD',
      0.35,
      2,
      ['n', 'n', 'ns', 'ss', 'bs'],
      (path, name) => `${path} ${valueFor(name, random.pick(['N', 'NS']))}`,
    )
    add(
      'DELETE',
      0.3,
      2,
      ['ns', 'ss', 'bs'],
      (path, name) => `${path} ${valueFor(name === 'n' ? 'a' : name, 'SS')}`,
    )
    if (clauses.length === 0) clauses.push(`SET a = ${this.#value()}`)
    if (random.chance(0.3)) clauses.reverse()
    if (this.#faults.here(0.05)) clauses.push(...clauses)
    return this.#spoil(clauses.join(' '))
  }

  /** Of these attributes. */
  projection(names: readonly string[]): string {
    const random = this.#random
    const chosen = names.filter(() => random.chance(0.3)).slice(0, 4)
    if (chosen.length === 0) chosen.push(random.pick(names))
    if (this.#faults.here(0.1)) chosen.push(random.pick(chosen))
    return this.#spoil(chosen.map((name) => this.#path(name, this.#keys.includes(name) ? 0 : 0.3)).join(', '))
  }

  keyCondition(partition: string, sort: string): string {
    if (sort === '') return this.#spoil(partition)
    return this.#spoil(this.#random.chance(0.1) ? `${sort} AND ${partition}` : `${partition} AND ${sort}`)
  }

  /** What is asked of a sort key. `first` is not above `second`. */
  sortCondition(name: string, type: string, [first, second]: readonly [JsonObject, JsonObject]): string {
    const random = this.#random
    const path = random.chance(0.5) ? this.#placeholders.name(name) : name
    const value = (one: JsonObject) => this.#placeholders.value(one)
    const kind = random.below(10)
    if (kind < 2 && (type !== 'N' || this.#faults.here(0.5))) return `begins_with(${path}, ${value(first)})`
    if (kind < 5) return `${path} BETWEEN ${value(first)} AND ${value(second)}`
    const comparator = this.#faults.here(0.1) ? '<>' : random.pick(['=', ...orders])
    return `${path} ${comparator} ${value(first)}`
  }

  #tests(depth: number): string {
    const random = this.#random
    const kind = depth > 2 ? 9 : random.below(10)
    if (kind === 0) return `NOT ${this.#tests(depth + 1)}`
    if (kind === 1) return `(${this.#test()} AND ${this.#tests(depth + 1)})`
    if (kind < 5)
      return `${this.#tests(depth + 1)} ${random.pick(['AND', 'OR', 'and', 'Or'])} ${this.#tests(depth + 1)}`
    return this.#test()
  }

  #test(): string {
    const random = this.#random
    const faults = this.#faults
    const path = this.#anyPath()
    switch (random.below(12)) {
      case 0:
        return `attribute_exists(${path})`
      case 1:
        return `attribute_not_exists(${path})`
      case 2: {
        const type = faults.here(0.2)
          ? random.pick(['XX', '', 's'])
          : random.pick(['S', 'N', 'B', 'M', 'L', 'SS', 'BOOL', 'NULL'])
        return `attribute_type(${path}, ${this.#placeholders.value({ S: type })})`
      }
      case 3:
        return `begins_with(${path}, ${this.#value(faults.here(0.2) ? undefined : random.pick(['S', 'B']))})`
      case 4:
        return `contains(${path}, ${this.#value()})`
      case 5:
      case 6: {
        const type = random.pick(scalars)
        const [low, high] = this.#values.ordered(type)
        const value = (one: JsonObject) => this.#placeholders.value(one)
        if (faults.here(0.2)) return `${path} BETWEEN ${this.#value()} AND ${this.#value()}`
        return random.chance(0.7)
          ? `${path} BETWEEN ${value(low)} AND ${value(high)}`
          : `${this.#value(type)} BETWEEN ${path} AND ${this.#anyPath()}`
      }
      case 7:
        return `${path} IN (${Array.from({ length: 1 + random.below(3) }, () => this.#value()).join(', ')})`
      case 8:
      case 9: {
        const value = this.#value(faults.here(0.2) ? undefined : random.pick(scalars))
        return random.chance(0.8)
          ? `${path} ${random.pick(orders)} ${value}`
          : `${value} ${random.pick(orders)} ${path}`
      }
      case 10:
        return `size(${path}) ${random.pick(['=', ...orders])} ${this.#value('N')}`
      default:
        return `${path} ${random.pick(['=', '<>'])} ${this.#operand()}`
    }
  }

  #operand(): string {
    return this.#random.chance(0.3) ? this.#anyPath() : this.#value()
  }

  #value(type?: string): string {
    if (this.#faults.here(0.01)) return ':missing'
    if (this.#faults.here(0.02)) return this.#placeholders.value(this.#values.wrong())
    return this.#placeholders.value(type === undefined ? this.#values.value() : this.#values.ofType(type))
  }

  #setValue(): string {
    const random = this.#random
    const plain = () => (random.chance(0.25) ? this.#anyPath() : this.#value())
    switch (random.below(8)) {
      case 0:
        return `if_not_exists(${this.#anyPath()}, ${plain()})`
      case 1:
        return `list_append(${this.#path('l', 0.1)}, ${this.#value(this.#faults.here(0.2) ? undefined : 'L')})`
      case 2:
        return `${this.#path('n', 0.1)} ${random.pick(['+', '-'])} ${this.#value(this.#faults.here(0.2) ? undefined : 'N')}`
      case 3:
        return `if_not_exists(n, ${this.#value('N')}) ${random.pick(['+', '-'])} ${this.#value('N')}`
      default:
        return plain()
    }
  }

  #anyPath(): string {
    const random = this.#random
    if (this.#keys.length > 0 && random.chance(0.15))
      return this.#path(random.pick(this.#keys), this.#faults.here(0.1) ? 1 : 0)
    return this.#path(random.pick(plainNames), 0.25)
  }

  #path(name: string, deep: number): string {
    const random = this.#random
    let path = this.#name(name)
    const steps = random.chance(deep) ? 1 + random.below(2) : 0
    for (let step = 0; step < steps; step++)
      path += random.chance(0.5) ? `[${random.below(3)}]` : `.${this.#name(random.pick(['x', 'y', 'z']))}`
    return path
  }

  #name(name: string): string {
    const plain = /^[a-z][a-z0-9]*$/i.test(name) && name !== 'size'
    if (this.#faults.here(0.01)) return '#missing'
    if (plain ? this.#random.chance(0.6) : this.#faults.here(0.05)) return name
    return this.#placeholders.name(name)
  }

  #spoil(expression: string): string {
    const random = this.#random
    if (!this.#faults.here(0.15)) return expression
    const tokens = expression.match(/[#:]?[\w]+|\s+|[^\w\s]/g) ?? []
    const at = random.below(tokens.length)
    const other = random.pick(intruders)
    switch (random.below(4)) {
      case 0:
        return random.pick(['', ' '])
      case 1:
        tokens.splice(at, 1)
        break
      case 2:
        tokens.splice(at, 0, ` ${other} `)
        break
      default:
        tokens.splice(at, 1, other)
    }
    return tokens.join('')
  }
}
