import { checkItem } from './check-item.ts'
import { timestamp, vector } from './helpers.ts'
import { type NumberValue, parseNumber } from './number.ts'
import { type AttributeValue, type Item, setAttribute } from './value.ts'

/** Puts an item together with the type of each attribute said: `new ItemBuilder().string('id', 'a').number('n', '1.50').build()`. */
export class ItemBuilder {
  readonly #item: Item = {}

  string(name: string, value: string): this {
    return this.#set(name, value)
  }

  /** A text is read as a decimal number: `'0.10'`, `'1e-7'`. Throws ValidationException. */
  number(name: string, value: NumberValue | string): this {
    return this.#set(name, typeof value === 'string' ? parseNumber(value) : value)
  }

  bool(name: string, value: boolean): this {
    return this.#set(name, value)
  }

  null(name: string): this {
    return this.#set(name, null)
  }

  binary(name: string, value: Uint8Array): this {
    return this.#set(name, value)
  }

  list(name: string, value: AttributeValue[]): this {
    return this.#set(name, value)
  }

  map(name: string, value: Item): this {
    return this.#set(name, value)
  }

  stringSet(name: string, members: Iterable<string>): this {
    return this.#set(name, new Set(members))
  }

  numberSet(name: string, members: Iterable<NumberValue>): this {
    return this.#set(name, new Set(members))
  }

  binarySet(name: string, members: Iterable<Uint8Array>): this {
    return this.#set(name, new Set(members))
  }

  /** 32-bit floats, as bytes: see `vector`. Throws ValidationException. */
  vector(name: string, numbers: Float32Array | readonly number[]): this {
    return this.#set(name, vector(numbers))
  }

  /** A point in time, as milliseconds since 1970: see `timestamp`. Throws ValidationException. */
  timestamp(name: string, time: Date | number): this {
    return this.#set(name, timestamp(time))
  }

  /** The item; further attributes do not change it. Throws ValidationException for what DynamoDB refuses. */
  build(): Item {
    const item: Item = {}
    for (const name of Object.keys(this.#item)) setAttribute(item, name, this.#item[name]!)
    checkItem(item)
    return item
  }

  #set(name: string, value: AttributeValue): this {
    setAttribute(this.#item, name, value)
    return this
  }
}
