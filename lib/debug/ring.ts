/** The last `capacity` of what was pushed, in order. Memory grows with what is there, up to the capacity. */
export class Ring<T> {
  readonly #capacity: number
  readonly #items: T[] = []
  #oldest = 0
  #dropped = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many had to give way. */
  get dropped(): number {
    return this.#dropped
  }

  get length(): number {
    return this.#items.length
  }

  push(item: T): void {
    if (this.#items.length < this.#capacity) {
      this.#items.push(item)
      return
    }
    this.#items[this.#oldest] = item
    this.#oldest = (this.#oldest + 1) % this.#capacity
    this.#dropped++
  }

  /** Oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    const count = this.#items.length
    for (let index = 0; index < count; index++) yield this.#items[(this.#oldest + index) % count] as T
  }
}
