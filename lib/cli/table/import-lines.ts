import { BurrowError, isBurrowError } from '../../base/errors.ts'
import { BadLine, LineSplitter } from '../../kv/json-line.ts'
import type { Table } from '../../tables.ts'
import { tableErrorName } from '../failure.ts'
import type { ItemNotation } from './item-notation.ts'

/** What became of lines. */
export interface ImportTotals {
  readonly lines: number
  readonly items: number
  readonly bad: number
}

/** A line that is no item of the table. */
export interface BadImportLine {
  readonly line: number
  readonly message: string
}

/** Items that are written at once; the next lines are read when they are. */
const itemsAtOnce = 512

/** Puts the items of lines into a table, some at once, in their order where they have one key. */
export class LineImporter {
  readonly #table: Table
  readonly #notation: ItemNotation
  readonly #plain: boolean
  readonly #onBad: (bad: BadImportLine) => void
  #splitter = new LineSplitter()
  #writes: Promise<void>[] = []
  #lines = 0
  readonly #totals = { lines: 0, items: 0, bad: 0 }
  readonly #bad: BadImportLine[] = []
  #failure: { readonly reason: unknown } | undefined

  /** `onBad` may throw to end the import. */
  constructor(table: Table, notation: ItemNotation, plain: boolean, onBad: (bad: BadImportLine) => void) {
    this.#table = table
    this.#notation = notation
    this.#plain = plain
    this.#onBad = onBad
  }

  get totals(): ImportTotals {
    return this.#totals
  }

  /** The lines of one file, numbered from 1. */
  async file(chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    this.#splitter = new LineSplitter()
    this.#lines = 0
    for await (const chunk of chunks) {
      for (const line of this.#split(chunk)) {
        this.#begin(line)
        if (this.#writes.length >= itemsAtOnce || this.#bad.length > 0 || this.#failure !== undefined)
          await this.#settle()
        if (signal.aborted)
          throw new BurrowError('BURROW_ABORTED', 'the import was given up; what is imported stays')
      }
    }
    const last = this.#splitter.finish()
    if (last !== undefined) this.#begin(last)
    await this.#settle()
  }

  /** A line that has no end in sight cannot be passed over. */
  *#split(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    try {
      yield* this.#splitter.push(chunk)
    } catch (error) {
      if (!(error instanceof BadLine)) throw error
      const line = this.#lines + 1
      throw new BurrowError('BURROW_INVALID_ARGUMENT', `line ${line} is no item: ${error.message}`, {
        context: { line },
      })
    }
  }

  #begin(bytes: Uint8Array): void {
    const line = ++this.#lines
    this.#totals.lines++
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
    if (text.trim() === '') return
    const done = () => {
      this.#totals.items++
    }
    this.#writes.push(this.#put(text).then(done, (error: unknown) => this.#fail(line, error)))
  }

  #fail(line: number, error: unknown): void {
    const message = badLineMessage(error)
    if (message === undefined) this.#failure ??= { reason: error }
    else this.#bad.push({ line, message })
  }

  async #put(text: string): Promise<void> {
    await this.#table.put(this.#read(text), { sync: false })
  }

  #read(text: string) {
    if (this.#plain) return this.#notation.item(text, 'it')
    const record: unknown = JSON.parse(text)
    if (typeof record !== 'object' || record === null || !('Item' in record))
      throw new BadLine('it must be {"Item": {…}} with an item in DynamoDB JSON')
    return this.#notation.itemOf(record.Item)
  }

  /** Waits for all that are under way; throws what one of them failed with. Bad lines are told in their order. */
  async #settle(): Promise<void> {
    const writes = this.#writes
    this.#writes = []
    await Promise.all(writes)
    if (this.#failure !== undefined) throw this.#failure.reason
    for (const bad of this.#bad.splice(0).sort((a, b) => a.line - b.line)) {
      this.#totals.bad++
      this.#onBad(bad)
    }
  }
}

/** Undefined: it is not the line's fault. */
function badLineMessage(error: unknown): string | undefined {
  const name = tableErrorName(error)
  const ofLine =
    name === undefined ? !isBurrowError(error) : name.startsWith('Validation') || name.startsWith('Serial')
  return ofLine && error instanceof Error ? error.message : undefined
}
