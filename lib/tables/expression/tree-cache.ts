import type { Source } from './source.ts'

/** Characters of the texts of one generation: their trees take some twenty times as many bytes. */
const capacity = 65_536

/**
 * What texts were parsed to. Bounded: when a generation is full, the one before it is forgotten, and what is still asked
 * for has moved on to the new one. Trees are shared, so they are never changed.
 */
export class TreeCache<Tree, Text extends { readonly text: string } = Source> {
  readonly #parse: (source: Text) => Tree
  #young = new Map<string, Tree>()
  #old = new Map<string, Tree>()
  /** Characters of the young generation. */
  #characters = 0

  constructor(parse: (source: Text) => Tree) {
    this.#parse = parse
  }

  /** The tree of the text of `source`, whatever kind of expression it is. Throws what parsing it throws. */
  get(source: Text): Tree {
    const { text } = source
    const found = this.#young.get(text)
    if (found !== undefined) return found
    const tree = this.#old.get(text) ?? this.#parse(source)
    if (this.#characters + text.length > capacity) {
      this.#old = this.#young
      this.#young = new Map()
      this.#characters = 0
    }
    this.#young.set(text, tree)
    this.#characters += text.length
    return tree
  }

  /** Trees that are kept: for tests of the bound. */
  get size(): number {
    return this.#young.size + this.#old.size
  }
}
