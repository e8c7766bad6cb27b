import type { BytesDatabase } from './with-database.ts'

interface Span {
  readonly smallest: Uint8Array
  readonly largest: Uint8Array
  readonly weight: number
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Keys that are not spread evenly over the numbers that their bytes make: text, mostly. So places are passed, too. */
const mostPassed = 1000

/**
 * `count` keys of the database, found by seeking to random places between the bounds of its tables, which count by their
 * records, and passing up to 1000 keys from there. What has to be read for that is not kept in the cache. None when it
 * is empty.
 */
export function sampleKeys(db: BytesDatabase, count: number, random: () => number): Buffer[] {
  const spans = spansOf(db)
  const total = spans.reduce((sum, { weight }) => sum + weight, 0)
  const keys: Buffer[] = []
  const iterator = db.keys({ fillCache: false })
  try {
    for (let index = 0; index < count; index++) {
      let place = random() * total
      const span = spans.find(({ weight }) => {
        place -= weight
        return place < 0
      })
      if (span === undefined) continue
      iterator.seek(between(span, random))
      const key = iterator.nextSync(1 + Math.floor(random() * mostPassed)).at(-1)
      if (key !== undefined) keys.push(key)
    }
  } finally {
    iterator[Symbol.dispose]()
  }
  return keys
}

function spansOf(db: BytesDatabase): Span[] {
  const tables = db
    .levels()
    .flatMap(({ files }) =>
      files.map(({ smallest, largest, entries }) => ({ smallest, largest, weight: entries })),
    )
  if (tables.length > 0) return tables
  // All is in memory yet.
  const [smallest] = db.keys({ limit: 1 })
  const [largest] = db.keys({ limit: 1, reverse: true })
  return smallest === undefined || largest === undefined ? [] : [{ smallest, largest, weight: 1 }]
}

const bytesOfNumber = 6

/** A key from `smallest` up to `largest`, spread evenly over what follows their common beginning. */
function between({ smallest, largest }: Span, random: () => number): Buffer {
  let shared = 0
  while (shared < smallest.length && smallest[shared] === largest[shared]) shared++
  const numberAt = (key: Uint8Array) => {
    const digits = Buffer.alloc(bytesOfNumber)
    digits.set(key.subarray(shared, shared + bytesOfNumber))
    return digits.readUIntBE(0, bytesOfNumber)
  }
  const [low, high] = [numberAt(smallest), numberAt(largest)]
  const tail = Buffer.alloc(bytesOfNumber)
  tail.writeUIntBE(low + Math.floor(random() * (high - low)), 0, bytesOfNumber)
  return Buffer.concat([smallest.subarray(0, shared), tail])
}
