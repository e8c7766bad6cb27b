/** How fast `burrowdb/datagen` is from JavaScript: bytes, and slices, a second. */
import { createBuffers, DataGenerator, type DataGeneratorOptions, SlicePool } from '../lib/datagen.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** 1 KiB to 64 MiB, doubling. */
export const chunkSizes: readonly number[] = Array.from({ length: 17 }, (_, i) => KiB * 2 ** i)

/** Larger than any piece that is asked for, so that reset() is rare; and than caches that could remember it. */
const size = 1024 * 1024 * MiB

export type DataKind = Omit<DataGeneratorOptions, 'size'>

/** Repeats `piece`, which says how much it did, for `seconds` after one for warming up; how much a second that was. */
async function rateOf(seconds: number, piece: () => number | Promise<number>): Promise<number> {
  await piece()
  const began = performance.now()
  let done = 0
  let elapsed = 0
  while (elapsed < seconds) {
    const made = piece()
    done += typeof made === 'number' ? made : await made
    elapsed = (performance.now() - began) / 1000
  }
  return done / elapsed
}

/** Clocks and loops of JavaScript should not be what is measured: at least a mebibyte between two looks at the clock. */
function perLook(chunkSize: number): number {
  return Math.max(1, MiB / chunkSize)
}

export async function measureFillSync(chunkSize: number, kind: DataKind, seconds: number): Promise<number> {
  using generator = new DataGenerator({ size, ...kind })
  const [buffer] = createBuffers(1, chunkSize) as [Buffer]
  const times = perLook(chunkSize)
  return await rateOf(seconds, () => {
    for (let i = 0; i < times; i++) generator.fillSync(buffer)
    return times * chunkSize
  })
}

export async function measureFill(chunkSize: number, kind: DataKind, seconds: number): Promise<number> {
  using generator = new DataGenerator({ size, ...kind })
  const [buffer] = createBuffers(1, chunkSize) as [Buffer]
  const times = perLook(chunkSize)
  return await rateOf(seconds, async () => {
    for (let i = 0; i < times; i++) await generator.fill(buffer)
    return times * chunkSize
  })
}

export async function measureStream(
  form: 'stream' | 'nodeStream',
  chunkSize: number,
  seconds: number,
): Promise<number> {
  using generator = new DataGenerator({ size })
  const stream = generator[form]({ chunkSize }) as AsyncIterable<Uint8Array> & AsyncDisposable
  const chunks = stream[Symbol.asyncIterator]()
  const rate = await rateOf(seconds, async () => (await chunks.next()).value.length)
  await chunks.return?.()
  return rate
}

export function measureSlices(seconds: number): Promise<number> {
  const pool = new SlicePool()
  let sink = 0
  return rateOf(seconds, () => {
    for (let i = 0; i < 10_000; i++) sink ^= pool.take().length
    return sink === -1 ? 0 : 10_000
  })
}
