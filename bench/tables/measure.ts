import { rmSync } from 'node:fs'
import { shuffled } from '../../lib/bench/data.ts'
import { Latencies, type LatencySummary } from '../../lib/bench/measure/latencies.ts'
import { untilIdle } from '../../lib/bench/measure/process.ts'
import { type ItemStore, openStore, type StoreName } from './stores.ts'

/** What one process measures: one store. */
export interface TablesPlan {
  readonly store: StoreName
  readonly directory: string
  /** Items that are written and read, a multiple of those of a partition. */
  readonly items: number
  /** Puts that are synced one by one; with 32 in flight eight times as many. 0: none. */
  readonly syncPuts: number
  readonly seed: number
}

export interface Figure {
  readonly row: string
  readonly ops: number
  readonly seconds: number
  readonly latency: LatencySummary | undefined
}

const widths = [1, 32]
/** Prepared at once: they are not to fill the memory. */
const chunk = 5000

/** Every figure of the plan. What is read was written before in the same process: in memory, or in the caches. */
export async function measureStore(plan: TablesPlan): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const indexes of [1, 3]) {
    const count = Math.min(plan.items, 20_000)
    await withStore(plan, indexes, async (store) => {
      await puts(store, `warm`, 0, Math.min(count, 2000), 1, false)
      figures.push(
        await puts(
          store,
          `put, ${indexes} global ${indexes === 1 ? 'index' : 'indexes'}`,
          0,
          count,
          1,
          false,
        ),
      )
    })
  }
  await withStore(plan, 0, async (store) => {
    await puts(store, 'warm', 0, Math.min(plan.items, 2000), 1, false)
    for (const width of widths)
      figures.push(await puts(store, `put${inFlight(width)}`, 0, plan.items, width, false))
    await untilIdle()
    const order = shuffled(plan.items, plan.seed)
    const get = (at: number) => store.get(order[at % order.length]!)
    const query = (at: number) => store.query(order[at % order.length]!)
    await run(2000, 1, get)
    figures.push({ row: 'get, for the first time', ...(await run(plan.items, 1, get)) })
    for (const width of widths)
      figures.push({ row: `get${inFlight(width)}`, ...(await run(plan.items, width, get)) })
    await run(200, 1, query)
    const queries = Math.max(100, Math.floor(plan.items / 20))
    for (const width of widths)
      figures.push({ row: `query of 100${inFlight(width)}`, ...(await run(queries, width, query)) })
    for (const width of plan.syncPuts === 0 ? [] : widths)
      figures.push(
        await puts(
          store,
          `put, synced${inFlight(width)}`,
          0,
          plan.syncPuts * (width === 1 ? 1 : 8),
          width,
          true,
        ),
      )
  })
  return figures
}

function inFlight(width: number): string {
  return width === 1 ? '' : `, ${width} in flight`
}

async function withStore(
  plan: TablesPlan,
  indexes: number,
  use: (store: ItemStore) => Promise<void>,
): Promise<void> {
  rmSync(plan.directory, { recursive: true, force: true })
  const store = await openStore(plan.store, { directory: plan.directory, indexes })
  await use(store)
  await store.close()
  rmSync(plan.directory, { recursive: true, force: true })
}

/** Puts items from `first` up. They are made while the stopwatch stands. */
async function puts(
  store: ItemStore,
  row: string,
  first: number,
  count: number,
  width: number,
  sync: boolean,
): Promise<Figure> {
  const latencies = new Latencies()
  let seconds = 0
  for (let done = 0; done < count; done += chunk) {
    const prepared = Array.from({ length: Math.min(chunk, count - done) }, (_, at) =>
      store.prepare(first + done + at),
    )
    seconds += (await run(prepared.length, width, (at) => store.put(prepared[at], sync), latencies)).seconds
  }
  return { row, ops: count, seconds, latency: latencies.summarize() }
}

/** So many operations, so many at a time: each one that ends makes room for the next. Every one is timed. */
async function run(
  count: number,
  width: number,
  one: (at: number) => Promise<unknown>,
  latencies = new Latencies(),
) {
  let next = 0
  const worker = async () => {
    while (next < count) {
      const at = next++
      const began = performance.now()
      await one(at)
      latencies.since(began)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: width }, worker))
  const seconds = (performance.now() - began) / 1000
  return { ops: count, seconds, latency: latencies.summarize() }
}
