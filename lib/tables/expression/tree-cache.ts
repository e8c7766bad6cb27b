import type { Source } from './source.ts'

/** Entries of each generation. */
const capacity = 256

/**
 * What texts were parsed to. Bounded: when a generation is full, the one before it is forgotten, and what is still asked
 * for has moved on to the new one. Trees are shared, so they are never changed.
 */
export class TreeCache<Tree> {
  readonly #parse: (source: Source) => Tree
  #young = new Map<string, Tree>()
  #old = new Map<string, Tree>()

  constructor(parse: (source: Source) => Tree) {
    this.#parse = parse
  }

  /** The tree of the text of `source`, whatever kind of expression it is. Throws what parsing it throws. */
  get(source: Source): Tree {
    const { text } = source
    const found = this.#young.get(text)
    if (found !== undefined) return found
    const tree = this.#old.get(text) ?? this.#parse(source)
    if (this.#young.size >= capacity) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(text, tree)
    return tree
  }

  /** Trees that are kept: for tests of the bound. */
  get size(): number {
    return this.#young.size + this.#old.size
  }
}
