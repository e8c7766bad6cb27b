/** Keys and values are byte strings: one UTF-16 unit, 0 to 255, a byte. They compare as bytes do. */
export type Entry = readonly [key: string, value: string]

export interface Bounds {
  gt?: string
  gte?: string
  lt?: string
  lte?: string
  prefix?: string
}

function inBounds(key: string, { gt, gte, lt, lte, prefix }: Bounds): boolean {
  if (gt !== undefined && key <= gt) return false
  if (gte !== undefined && key < gte) return false
  if (lt !== undefined && key >= lt) return false
  if (lte !== undefined && key > lte) return false
  return prefix === undefined || key.startsWith(prefix)
}

/** What an ordered key-value store does, in a sorted array. */
export class SortedMap {
  #entries: Entry[]

  constructor(entries: Entry[] = []) {
    this.#entries = entries
  }

  get size(): number {
    return this.#entries.length
  }

  get entries(): readonly Entry[] {
    return this.#entries
  }

  copy(): SortedMap {
    return new SortedMap(this.#entries.slice())
  }

  get(key: string): string | undefined {
    const entry = this.#entries[this.#find(key)]
    return entry?.[0] === key ? entry[1] : undefined
  }

  put(key: string, value: string): void {
    const at = this.#find(key)
    this.#entries.splice(at, this.#entries[at]?.[0] === key ? 1 : 0, [key, value])
  }

  delete(key: string): void {
    const at = this.#find(key)
    if (this.#entries[at]?.[0] === key) this.#entries.splice(at, 1)
  }

  deleteRange(bounds: Bounds): void {
    this.#entries = this.#entries.filter(([key]) => !inBounds(key, bounds))
  }

  clear(): void {
    this.#entries = []
  }

  range(bounds: Bounds, reverse: boolean): Entry[] {
    const found = this.#entries.filter(([key]) => inBounds(key, bounds))
    return reverse ? found.reverse() : found
  }

  /** Index of the first entry at or after `key`. */
  #find(key: string): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#entries[middle]![0] < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
