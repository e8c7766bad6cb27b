import { sliceText } from '../base/encodings.ts'
import type { BurrowError } from '../base/errors.ts'
import { READ_ABSENT, READ_NOT_CACHED } from '../native.ts'
import type { FastBuffer } from '../util/fast-buffer.ts'
import { fairness } from './fairness.ts'
import { type ReadOptions, Reads, type ReadsOptions } from './reads.ts'

/** Gets that are answered together at most. */
const most = 64
/** Fewer than this are cheaper one by one. */
const fewest = 6
/** Gets that are answered one by one after there were few, until it is tried again. */
const untilNextTry = 256
/** Keys are gathered up to this length, as ASCII. */
const shortKey = 48

const soon = Promise.resolve()

const ignore = () => undefined

/** Gets that are answered together. */
interface Round {
  /** Resolves when the values are there and may be handed out. */
  readonly answered: Promise<unknown>
  /** What each get resolves to, in the order of the calls. Set by `answer`, as is the next one. */
  values: unknown[]
  /** What they have to wait for, too. */
  turn: Promise<void> | undefined
  /** The next get's, for who hands them out: promises call back in the order in which they were made. */
  readonly next: () => unknown
}

/**
 * The reads of a database whose keys and values are text. Where many gets are in flight, the ones of a round of microtasks
 * are answered by one native call, which looks up several keys at once: it waits for memory once instead of once a
 * key. Who awaits each get is answered at the call: only one get in many is held back to see whether others follow.
 *
 * What a get sees is the moment of its call, as far as its own thread can tell: whoever changes what reads see calls
 * `answer` before.
 */
class GatheringReads extends Reads {
  readonly #engine: ReadsOptions['engine']
  readonly #alone: Reads
  readonly #packed = new Uint8Array(most * (2 + shortKey))
  #length = 0
  readonly #keys: string[] = []
  readonly #lengths = new Int32Array(most)
  #waiting = 0
  #round: Round | undefined
  #oneByOne = 0

  /** REQUIRES: neither encoding is 'json', values are text, and it is the database that is read, not a snapshot. */
  constructor(options: ReadsOptions) {
    super(options)
    this.#alone = new Reads(options)
    this.#engine = options.engine
  }

  override get(key: unknown, options?: ReadOptions): Promise<unknown> {
    if (this.#oneByOne > 0) {
      this.#oneByOne--
      return super.get(key, options)
    }
    if (options !== undefined || typeof key !== 'string' || !this.#pack(key)) return super.get(key, options)
    const index = this.#waiting++
    this.#keys[index] = key
    this.#round ??= this.#begin()
    // A promise of its own would cost twice as much, with the functions that settle it.
    const { answered, next } = this.#round
    const promise = answered.then(next)
    if (index === most - 1) this.answer()
    return promise
  }

  /** Answers the gets that are held back. */
  override answer(): void {
    const count = this.#waiting
    const round = this.#round
    if (round === undefined) return
    const length = this.#length
    this.#round = undefined
    this.#waiting = 0
    this.#length = 0
    if (count < fewest) this.#oneByOne = untilNextTry
    const column = this.#look(length, count)
    const text = typeof column === 'string'
    const values: unknown[] = []
    let at = 0
    let alone = 0
    for (let index = 0; index < count; index++) {
      const size = this.#lengths[index]!
      if (column === null || size === READ_NOT_CACHED) {
        alone++
        const value = super.get(this.#keys[index])
        // Who asked is told of an error by its own promise, which may come to this one only later.
        value.catch(ignore)
        values.push(value)
      } else if (size === READ_ABSENT) {
        values.push(undefined)
      } else {
        const end = at + size
        values.push(text ? column.substring(at, end) : sliceText(column as FastBuffer, at, end))
        at = end
      }
    }
    round.values = values
    // Those that are asked alone are counted there.
    if (alone < count && fairness.exhausted(count - alone)) round.turn = fairness.nextTurn()
    if (2 * alone > count) this.#oneByOne = untilNextTry
  }

  override alone(): Reads {
    return this.#alone
  }

  override refuse(error: BurrowError): void {
    this.answer()
    super.refuse(error)
    this.#alone.refuse(error)
    this.#oneByOne = Number.POSITIVE_INFINITY
  }

  #begin(): Round {
    let handedOut = 0
    const round: Round = {
      answered: soon.then(() => {
        if (this.#round === round) this.answer()
        return round.turn
      }),
      values: [],
      turn: undefined,
      next: () => round.values[handedOut++],
    }
    return round
  }

  /** null: there was an error. Each is then asked alone, and gets the error if it is its own. */
  #look(length: number, count: number): string | Buffer | null {
    try {
      return this.#engine.tryGetTogether(this.#packed, length, count, undefined, this.#lengths)
    } catch {
      return null
    }
  }

  /** False: it is not ASCII, or not short. */
  #pack(key: string): boolean {
    const { length } = key
    if (length === 0 || length > shortKey) return false
    const packed = this.#packed
    const at = this.#length
    packed[at] = length
    packed[at + 1] = 0
    for (let unit = 0; unit < length; unit++) {
      const code = key.charCodeAt(unit)
      if (code > 0x7f) return false
      packed[at + 2 + unit] = code
    }
    this.#length = at + 2 + length
    return true
  }
}

/** The reads of a database, of which no moment is chosen. */
export function readsOfNow(options: ReadsOptions): Reads {
  const { key, value } = options.encodings
  return key !== 'json' && value === 'utf8' ? new GatheringReads(options) : new Reads(options)
}
