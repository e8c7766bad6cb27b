import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect } from 'vitest'
import { Database, exportJsonLines, importJsonLines } from '../../lib/index.ts'

const bytes = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const

export async function fresh(path = ':memory:'): Promise<Database<Buffer, Buffer>> {
  return await Database.open(path, { ...bytes, syncWrites: false })
}

export async function exported(db: Database<Buffer, Buffer>): Promise<Buffer> {
  return await buffer(exportJsonLines(db))
}

/** Cuts `whole` at random places. */
function cut(whole: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.map((place) => place % (whole.byteLength + 1))
  const sorted = [...ends, whole.byteLength].sort((a, b) => a - b)
  return sorted.map((end, i) => whole.subarray(sorted[i - 1] ?? 0, end))
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('\u2028', '\ufeff', '"', '\\', '\0', '\n', '\r\n', '😀', '{"base64":""}'),
)
const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  text.map((value) => Buffer.from(value)),
  // Half of a surrogate pair, a byte order mark, and no UTF-8 at all.
  fc.constantFrom(Buffer.from([0xed, 0xa0, 0x80]), Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from([0xff])),
)
const record = fc.tuple(
  anyBytes.filter((value) => value.byteLength > 0),
  anyBytes,
)

/** What is exported and imported again, in chunks and batches of any size, is what was there before. */
export async function roundTrips(runs: number, seed: number): Promise<void> {
  const property = fc.asyncProperty(
    fc.array(record, { maxLength: 30 }),
    fc.array(fc.nat(20_000), { maxLength: 20 }),
    fc.integer({ min: 1, max: 10 }),
    async (records, places, batchSize) => {
      await using from = await fresh()
      await using into = await fresh()
      for (const [name, value] of records) from.putSync(name, value)
      const jsonl = await exported(from)
      const progress = await importJsonLines(into, cut(jsonl, places), { batchSize })
      const all = await from.entries().all()
      expect(await into.entries().all()).toEqual(all)
      expect(progress).toEqual({ lines: all.length, records: all.length, bytes: jsonl.byteLength })
      expect(await exported(into)).toEqual(jsonl)
    },
  )
  await fc.assert(property, { numRuns: runs, seed })
}
