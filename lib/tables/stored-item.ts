import { decodeItem } from './item-codec.ts'
import type { Item } from './value.ts'

/** An item as it is stored; decoded when somebody looks. */
export class StoredItem {
  readonly bytes: Uint8Array
  #item: Item | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** The same object each time: not to be changed, nor handed out. */
  get item(): Item {
    this.#item ??= decodeItem(this.bytes)
    return this.#item
  }

  /** As `item`, with these attributes at least. */
  partly(names: ReadonlySet<string>): Item {
    return this.#item ?? decodeItem(this.bytes, names)
  }

  /** A new object, for the caller to keep. */
  copy(): Item {
    return decodeItem(this.bytes)
  }
}

export function storedItem(bytes: Uint8Array | undefined): StoredItem | undefined {
  return bytes === undefined ? undefined : new StoredItem(bytes)
}
