import type { Random } from './random.ts'
import type { Bounds } from './sorted-map.ts'

export interface KeySpaceOptions {
  readonly binary: boolean
  readonly keys: number
  readonly largestValue: number
}

type Encodings = { keyEncoding?: 'utf8' | 'buffer'; valueEncoding?: 'utf8' | 'buffer' }

/** Chooses keys, values, bounds and encodings. Byte strings as in sorted-map.ts. */
export class KeySpace {
  readonly #random: Random
  readonly #options: KeySpaceOptions
  /** In order. */
  readonly #keys: readonly string[]
  #filler: string

  constructor(random: Random, options: KeySpaceOptions) {
    this.#random = random
    this.#options = options
    const keys = new Set<string>()
    while (keys.size < options.keys) keys.add(this.#makeKey())
    this.#keys = [...keys].sort()
    this.#filler = Array.from({ length: 4096 }, () => String.fromCharCode(this.#byte())).join('')
  }

  /** One of the keys that are written. */
  key(): string {
    return this.#random.pick(this.#keys)
  }

  /** Sometimes one that is never written. */
  anyKey(): string {
    return this.#random.chance(0.9) ? this.key() : this.#makeKey()
  }

  /** Where a range may begin or end. */
  bound(): string {
    const key = this.anyKey()
    switch (this.#random.below(10)) {
      case 0:
        return key.slice(0, this.#random.below(key.length + 1))
      case 1:
        return `${key}\0`
      default:
        return key
    }
  }

  value(): string {
    const random = this.#random
    const most = random.chance(0.01) ? this.#options.largestValue : random.chance(0.2) ? 1000 : 60
    const length = random.below(Math.min(most, this.#options.largestValue) + 1)
    const head = `${random.uint32().toString(36)}`.slice(0, length)
    let filler = this.#filler
    while (filler.length < length) filler += filler
    const from = random.below(filler.length - length + head.length + 1)
    return head + filler.slice(from, from + length - head.length)
  }

  /** Bounds around about this share of the keys, sometimes crossed, half open, or a prefix. */
  narrowBounds(share: number): Bounds {
    const random = this.#random
    const kind = random.below(20)
    if (kind < 3) {
      const key = this.key()
      return { prefix: key.slice(0, random.between(share >= 0.3 ? 0 : Math.min(2, key.length), key.length)) }
    }
    if (kind === 3)
      return { gte: this.bound(), lt: this.bound(), ...(random.chance(0.5) ? { gt: this.bound() } : {}) }
    const span = random.below(Math.max(1, Math.floor(this.#keys.length * share)) + 1)
    const first = random.below(this.#keys.length)
    const [low, high] = [this.#keys[first]!, this.#keys[Math.min(this.#keys.length - 1, first + span)]!]
    const bounds: Bounds = {}
    const open = share >= 0.3 ? 0.2 : 0.01
    if (!random.chance(open)) bounds[random.chance(0.5) ? 'gt' : 'gte'] = low
    if (!random.chance(open)) bounds[random.chance(0.5) ? 'lt' : 'lte'] = high
    return bounds
  }

  /** As the database takes it. */
  bytes(text: string): string | Buffer {
    if (this.#options.binary || this.#random.chance(0.2)) return Buffer.from(text, 'latin1')
    return text
  }

  range(bounds: Bounds): Record<string, string | Buffer> {
    return Object.fromEntries(
      Object.entries(bounds).map(([name, bound]) => [name, this.bytes(bound as string)]),
    )
  }

  readOptions(): Pick<Encodings, 'valueEncoding'> | undefined {
    if (this.#options.binary) return { valueEncoding: 'buffer' }
    return this.#random.chance(0.7) ? undefined : { valueEncoding: this.#random.pick(['utf8', 'buffer']) }
  }

  scanEncodings(): Encodings {
    if (this.#options.binary) return { keyEncoding: 'buffer', valueEncoding: 'buffer' }
    if (this.#random.chance(0.6)) return {}
    const encodings = ['utf8', 'buffer'] as const
    return { keyEncoding: this.#random.pick(encodings), valueEncoding: this.#random.pick(encodings) }
  }

  #byte(): number {
    if (!this.#options.binary) return this.#random.between(32, 126)
    // The ends of the range, where comparisons go wrong, more often than others.
    return this.#random.chance(0.3) ? this.#random.pick([0, 1, 127, 128, 254, 255]) : this.#random.below(256)
  }

  #makeKey(): string {
    const random = this.#random
    const length = random.chance(0.02) ? random.between(100, 700) : random.between(1, 14)
    const prefix = random.chance(0.6) ? `${random.pick(['user', 'user:', 'zone/', 'a'])}` : ''
    return prefix + Array.from({ length }, () => String.fromCharCode(this.#byte())).join('')
  }
}
