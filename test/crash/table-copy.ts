import { isDeepStrictEqual } from 'node:util'
import type { Item, RecordsPage, StreamRecord, Table } from '../../lib/tables.ts'

/** A copy of a table of groups and steps that its change records make. */
export class TableCopy {
  readonly #items = new Map<string, Item>()
  #last: string | undefined

  /** Applies what is new; throws unless the copy is the table then. */
  async follow(t: Table): Promise<void> {
    let iterator: string | undefined = await t.shardIterator(
      this.#last === undefined
        ? { type: 'TRIM_HORIZON' }
        : { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: this.#last },
    )
    for (let count = 1; count > 0 && iterator !== undefined; ) {
      const page: RecordsPage = await t.records(iterator)
      for (const record of page.records) this.#apply(record)
      count = page.records.length
      iterator = page.nextShardIterator
    }
    let items = 0
    for await (const item of t.scanAll()) {
      items++
      if (!isDeepStrictEqual(this.#items.get(idOf(item)), item))
        throw new Error(`the change records do not make ${JSON.stringify(item)}`)
    }
    if (items !== this.#items.size)
      throw new Error(`the change records make ${this.#items.size} items, not ${items}`)
  }

  #apply({ keys, newImage, oldImage, sequenceNumber }: StreamRecord): void {
    if (!isDeepStrictEqual(this.#items.get(idOf(keys)), oldImage))
      throw new Error(`the change record ${sequenceNumber} does not fit to those before`)
    if (newImage === undefined) this.#items.delete(idOf(keys))
    else this.#items.set(idOf(keys), newImage)
    this.#last = sequenceNumber
  }
}

function idOf(keys: Item): string {
  return `${keys['group']} ${keys['step']}`
}
