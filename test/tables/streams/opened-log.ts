import { Database } from '../../../lib/kv/database.ts'
import { encodeItem } from '../../../lib/tables/item-codec.ts'
import { KeyCodec } from '../../../lib/tables/key-codec.ts'
import { StreamLog } from '../../../lib/tables/streams/log.ts'
import { readStreamOptions, type StreamOptions } from '../../../lib/tables/streams/view-type.ts'
import type { Item } from '../../../lib/tables/value.ts'

const tableId = 7
const keys = KeyCodec.table(tableId, { partitionKey: { name: 'id', type: 'S' } })

/** A stream of its own, with a clock that stands still, and with what a table would do. */
export class OpenedLog {
  readonly db: Database<unknown, unknown>
  log: StreamLog
  time = 1_700_000_000_000
  readonly #settings: ReturnType<typeof readStreamOptions>

  private constructor(db: Database<unknown, unknown>, options: StreamOptions | boolean) {
    this.db = db
    this.#settings = readStreamOptions(options, 'create')
    this.log = this.#load(undefined)
  }

  static async open(options: StreamOptions | boolean = true): Promise<OpenedLog> {
    const db = (await Database.open(':memory:')) as Database<unknown, unknown>
    const opened = new OpenedLog(db, options)
    await opened.configure(options)
    return opened
  }

  #load(settings: ReturnType<typeof readStreamOptions>): StreamLog {
    return new StreamLog({ db: this.db, tableId, tableName: 'things', keys, settings, now: () => this.time })
  }

  /** As after a restart. */
  reload(): void {
    this.log = this.#load(this.#settings)
  }

  async configure(options: StreamOptions | boolean | undefined): Promise<void> {
    await this.#write((sink) => {
      this.log.configure(sink, readStreamOptions(options, 'update'))
    })
  }

  /** One commit with a change of each of these. */
  async commit(...changes: { before?: Item; after?: Item; cause?: 'ttl' }[]): Promise<void> {
    let next = 0
    await this.#write((sink) => {
      next = this.log.append(
        sink,
        changes.map(({ after, before, cause }) => ({
          key: keys.encode((after ?? before)!),
          before: stored(before),
          after: stored(after),
          cause: cause ?? 'user',
        })),
      )
    })
    this.log.acknowledged(next)
  }

  /** Inserts items with these ids, each in a commit. */
  async insert(...ids: (string | number)[]): Promise<void> {
    for (const id of ids) await this.commit({ after: { id: String(id) } })
  }

  async #write(
    fill: (sink: { put(key: Uint8Array, value: Uint8Array): void; delete(key: Uint8Array): void }) => void,
  ): Promise<void> {
    const batch = this.db.writeBatch()
    const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    fill({
      put: (key, value) => void batch.put(key, value, bytes),
      delete: (key) => void batch.delete(key, { keyEncoding: 'buffer' }),
    })
    await batch.commit()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.db.close()
  }
}

function stored(item: Item | undefined) {
  return item === undefined ? undefined : { item, bytes: encodeItem(item) }
}

/** Ids of the items that the next `count` records are about. */
export async function take(
  records: AsyncIterator<{ readonly keys: Item }, unknown>,
  count: number,
): Promise<unknown[]> {
  const ids: unknown[] = []
  while (ids.length < count) {
    const { done, value } = await records.next()
    if (done === true) break
    ids.push((value as { keys: Item }).keys['id'])
  }
  return ids
}
