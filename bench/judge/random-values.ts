import type { Random } from './random.ts'

/** JSON as it goes over the wire. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }
export type JsonObject = { [name: string]: Json }

/** The attribute names of random items. Those of keys have one type, or an item is refused. */
export const plainNames = ['a', 'b', 'c', 'm', 'l', 'ss', 'ns', 'bs', 'n', 'size', 'é', 'a.b'] as const

const texts = ['', 'a', 'ab', 'abc', 'b', 'é', '\u{1f600}', 'a\u0000b', 'zzzzzzzzzzzzzzzzzzzzzzzz', '0', '10']
const numbers = [
  '0', '-0', '1', '-1', '2', '10', '1.5', '-1.5', '0.1', '1e3', '1E-3', '100', '007', '1.0', '1.50', '9007199254740993',
  '12345678901234567890123456789012345678', '-0.00000000000000000000000000000000000001', '9.9999999999999999999999999999999999999E+125',
  '1e-130', '-1e125', '3', '4', '5',
] // biome-ignore format: a table
const wrongNumbers = [
  '',
  'abc',
  '1e126',
  '-1e126',
  '1e-131',
  '123456789012345678901234567890123456789',
  '0x10',
  '1 ',
  ' 1',
  'NaN',
  'Infinity',
  '.5',
  '1.',
  '1,5',
]
const bytes = ['', 'AA==', 'AAE=', 'AQ==', '/w==', '//8=', 'YWJj', 'YWI=']

/** Random attribute values in DynamoDB JSON: from few, so that equal ones meet. */
export class RandomValues {
  readonly random: Random

  constructor(random: Random) {
    this.random = random
  }

  ofType(type: string, depth = 0): JsonObject {
    const { random } = this
    switch (type) {
      case 'S':
        return { S: random.pick(texts) }
      case 'N':
        return { N: random.pick(numbers) }
      case 'B':
        return { B: random.pick(bytes) }
      case 'BOOL':
        return { BOOL: random.chance(0.5) }
      case 'NULL':
        return { NULL: true }
      case 'SS':
        return { SS: this.#some(texts) }
      case 'NS':
        return { NS: this.#some(['1', '2', '3', '1.5', '-1', '100']) }
      case 'BS':
        return { BS: this.#some(bytes) }
      case 'L':
        return { L: Array.from({ length: random.below(4) }, () => this.value(depth + 1)) }
      default: {
        const map: JsonObject = {}
        for (let left = random.below(4); left > 0; left--)
          map[random.pick(['x', 'y', 'z', 'a'])] = this.value(depth + 1)
        return { M: map }
      }
    }
  }

  value(depth = 0): JsonObject {
    const scalar = ['S', 'S', 'N', 'N', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'BS']
    return this.ofType(this.random.pick(depth < 3 ? [...scalar, 'L', 'L', 'M', 'M'] : scalar), depth)
  }

  /** Two of a scalar type, the first not above the second. */
  ordered(type: string): [JsonObject, JsonObject] {
    const all = { S: ['a', 'ab', 'b', '\u{1f600}'], N: ['-1e20', '-1', '0', '1.5', '2', '10'] }[type] ?? [
      'AA==',
      'AAE=',
      'AQ==',
      '/w==',
    ]
    const at = this.random.below(all.length)
    const rest = this.random.below(all.length - at)
    return [{ [type]: all[at]! }, { [type]: all[at + rest]! }]
  }

  /** What DynamoDB refuses. */
  wrong(): JsonObject {
    const { random } = this
    return random.pick<() => JsonObject>([
      () => ({ N: random.pick(wrongNumbers) }),
      () => ({ N: random.pick(wrongNumbers) }),
      () => ({ SS: [] }),
      () => ({ NS: [] }),
      () => ({ BS: [] }),
      () => ({ SS: ['a', 'b', 'a'] }),
      () => ({ NS: ['1', '1.0'] }),
      () => ({ NS: ['1', random.pick(wrongNumbers)] }),
      () => ({ BS: ['AA==', 'AA=='] }),
      () => ({ NULL: false }),
      () => ({}),
      () => ({ S: 'a', N: '1' }),
      () => ({ L: [this.wrong()] }),
      () => ({ M: { x: this.wrong() } }),
    ])()
  }

  /** An attribute as items have it by this name, mostly. */
  attribute(name: string): JsonObject {
    const usual = { m: 'M', l: 'L', ss: 'SS', ns: 'NS', bs: 'BS', n: 'N' }[name]
    return usual === undefined || this.random.chance(0.15) ? this.value() : this.ofType(usual)
  }

  #some(all: readonly string[]): Json[] {
    const chosen = all.filter(() => this.random.chance(0.35))
    return chosen.length === 0 ? [this.random.pick(all)] : chosen
  }
}
