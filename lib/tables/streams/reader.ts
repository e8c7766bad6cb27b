import { badOption, readOptions } from '../../base/call-options.ts'
import { BurrowError } from '../../base/errors.ts'
import { readSignal } from '../../kv/cancellation.ts'
import { resourceInUse } from '../errors.ts'
import type { Condition } from '../expression/condition.ts'
import { ExpressionContext } from '../expression/context.ts'
import type { Placeholders } from '../item-options.ts'
import type { Item } from '../value.ts'
import { checkConsumerName, readCheckpoint, writeCheckpoint } from './consumers.ts'
import type { StreamLog } from './log.ts'
import { readPosition, type StreamPosition } from './position.ts'
import type { StreamRecord } from './record.ts'

/** How a stream is read. */
export interface ReadStreamOptions extends Placeholders {
  /** Where to begin. Default: LATEST; of a consumer that has no checkpoint yet, TRIM_HORIZON. */
  readonly from?: StreamPosition | undefined
  /**
   * A name under which the position is kept in the store: the next reader of that name goes on there, and `from` counts
   * only for the first. A record counts as dealt with when the next one is asked for, so after a crash, an error or a
   * `break` some come again; none is left out. One reader at a time.
   */
  readonly consumer?: string | undefined
  /** Ends the reading with BURROW_ABORTED. */
  readonly signal?: AbortSignal | undefined
  /**
   * Only records for which this condition holds: `eventName = :insert AND newImage.price > :p`. It sees `eventName`, `keys` (a
   * reserved word: `#keys`), `newImage` and `oldImage`. A consumer is past what it was not shown.
   */
  readonly filter?: string | undefined
}

const optionNames = new Set(['from', 'consumer', 'signal', 'filter', 'names', 'values'] as const)

/**
 * The change records of a table, as they are committed: waits for more at the end. Ends when the stream is disabled and
 * everything was read.
 */
export class StreamReader implements AsyncIterableIterator<StreamRecord> {
  readonly #log: StreamLog
  readonly #consumer: string | undefined
  readonly #filter: Condition | undefined
  readonly #signal: AbortSignal | undefined
  readonly #ended: AbortSignal | undefined
  readonly #stop = new AbortController()
  #records: StreamRecord[] = []
  #at = 0
  /** Where to fetch from. */
  #next: number
  /** The number below which every record was dealt with, and what of it is kept. */
  #done: number
  #kept: number
  /** The number after the record that was handed out last. */
  #handedOut: number
  #queue: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  /**
   * Throws what is wrong with the options; reads from where the stream is now. `ended`: aborted, with the error as its
   * reason, when the tables are closed.
   */
  constructor(log: StreamLog, options: ReadStreamOptions | undefined, ended?: AbortSignal) {
    const { consumer, filter, from, names, signal, values } = readOptions(options, optionNames, 'stream')
    log.checkEnded()
    this.#filter = readFilter(filter, { names, values } as Placeholders)
    this.#signal = readSignal(signal, 'stream')
    if (consumer !== undefined) checkConsumerName(consumer)
    const beginning = consumer === undefined ? 'LATEST' : 'TRIM_HORIZON'
    const begin = readPosition(log, from === undefined ? beginning : from)
    const checkpoint = consumer === undefined ? undefined : readCheckpoint(log, consumer)
    if (consumer !== undefined) {
      if (log.consuming.has(consumer)) {
        throw resourceInUse(
          `The consumer ${consumer} of the stream of ${log.tableName} is reading already`,
          'BURROW_BUSY',
        )
      }
      log.consuming.add(consumer)
    }
    this.#log = log
    this.#ended = ended
    this.#consumer = consumer
    this.#next = checkpoint ?? begin
    this.#done = this.#next
    this.#handedOut = this.#next
    this.#kept = checkpoint ?? -1
    for (const end of [this.#signal, ended]) end?.addEventListener('abort', this.#abort)
    if (this.#signal?.aborted) this.#abort()
  }

  readonly #abort = (): void => this.#stop.abort()

  /** The next record, once there is one. */
  next(): Promise<IteratorResult<StreamRecord, undefined>> {
    const result = this.#queue.then(() => this.#take())
    this.#queue = result.catch(() => undefined)
    return result
  }

  /** Everything that was handed out is dealt with: keeps that for the consumer, durably. */
  async checkpoint(): Promise<void> {
    this.#done = this.#handedOut
    await this.#keep(undefined)
  }

  /** Ends the reading, also that of a call that waits, and keeps the position of the consumer. */
  async return(): Promise<IteratorResult<StreamRecord, undefined>> {
    await this.close()
    return { done: true, value: undefined }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #take(): Promise<IteratorResult<StreamRecord, undefined>> {
    try {
      while (this.#closing === undefined) {
        if (this.#ended?.aborted) throw this.#ended.reason
        if (this.#signal?.aborted) throw aborted(this.#signal)
        this.#done = this.#handedOut
        const record = this.#records[this.#at]
        if (record !== undefined) {
          this.#at++
          this.#handedOut = Number(record.sequenceNumber) + 1
          if (this.#filter?.test(filtered(record)) === false) continue
          return { done: false, value: record }
        }
        await this.#keep({ sync: false })
        const { next, records } = await this.#log.records(this.#next)
        this.#records = records
        this.#at = 0
        this.#next = next
        if (records.length > 0) continue
        if (!this.#log.enabled && next >= this.#log.visible) break
        await this.#log.wait(next, this.#stop.signal)
      }
    } catch (error) {
      await this.close()
      throw error
    }
    await this.close()
    return { done: true, value: undefined }
  }

  async #close(): Promise<void> {
    this.#stop.abort()
    for (const end of [this.#signal, this.#ended]) end?.removeEventListener('abort', this.#abort)
    try {
      await this.#keep(undefined)
    } finally {
      if (this.#consumer !== undefined) this.#log.consuming.delete(this.#consumer)
    }
  }

  async #keep(options: { sync: false } | undefined): Promise<void> {
    if (this.#consumer === undefined || this.#kept >= this.#done) return
    // The tables may be closed, or the table dropped: what was not kept comes again.
    if (this.#log.ended || this.#ended?.aborted || this.#log.db.status !== 'open') return
    this.#kept = this.#done
    await writeCheckpoint(this.#log, this.#consumer, this.#done, options)
  }
}

function readFilter(filter: unknown, { names, values }: Placeholders): Condition | undefined {
  if (filter !== undefined && typeof filter !== 'string')
    throw badOption('filter', filter, 'the text of a condition', 'stream')
  const context = new ExpressionContext(names, values)
  const condition = filter === undefined ? undefined : context.condition(filter, 'FilterExpression')
  context.finish(['FilterExpression'])
  return condition
}

/** What a filter sees of a record. */
function filtered({ eventName, keys, newImage, oldImage }: StreamRecord): Item {
  return {
    eventName,
    keys,
    ...(newImage === undefined ? {} : { newImage }),
    ...(oldImage === undefined ? {} : { oldImage }),
  }
}

function aborted(signal: AbortSignal): BurrowError {
  return new BurrowError('BURROW_ABORTED', 'stream: the reading was given up', { cause: signal.reason })
}
