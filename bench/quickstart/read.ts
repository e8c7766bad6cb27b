import { type City, cityKey, cityPrefix, rankPrefix, type StoredCity } from './cities.ts'
import type { CityDatabase } from './database.ts'
import { count, rate, type Step, seconds, timed } from './report.ts'

const pointReads = 20_000
const country = 'FR'
const biggest = 5

/** A different city each time, spread over the data set; the same ones in every run. */
function* spread(cities: readonly City[], reads: number): Generator<City> {
  const step = 7919
  for (let i = 0; i < reads; i++) yield cities[(i * step) % cities.length]!
}

export async function pointRead(db: CityDatabase, cities: readonly City[]): Promise<Step> {
  const wanted = [...spread(cities, pointReads)]
  const matches = (city: City, stored: unknown) => (stored as StoredCity | undefined)?.name === city.name
  const synchronous = await timed(
    () => wanted.filter((city) => matches(city, db.getSync(cityKey(city)))).length,
  )
  const asynchronous = await timed(async () => {
    let found = 0
    for (const city of wanted) if (matches(city, await db.get(cityKey(city)))) found++
    return found
  })
  const together = await timed(async () => {
    const values = await db.getMany(wanted.map(cityKey))
    return wanted.filter((city, index) => matches(city, values[index])).length
  })
  const missing = await timed(() => {
    let absent = 0
    for (const city of wanted) if (db.getSync(`${cityKey(city)}?`) === undefined) absent++
    return absent
  })
  const found = [synchronous, asynchronous, together].map(({ result }) => result)
  return {
    title: 'point reads',
    lines: [
      `getSync ${rate(pointReads, synchronous.ms)}, get ${rate(pointReads, asynchronous.ms)}`,
      `getMany ${rate(pointReads, together.ms)}, absent keys ${rate(pointReads, missing.ms)}`,
    ],
    numbers: {
      reads: pointReads,
      getSyncMs: synchronous.ms,
      getMs: asynchronous.ms,
      getManyMs: together.ms,
      missingMs: missing.ms,
    },
    proofs: [
      {
        claim: 'each way of reading finds every city, and none that was never written',
        holds: [...found, missing.result].every((n) => n === pointReads),
        found: `${found.map(count).join(', ')} found, ${count(missing.result)} absent`,
      },
    ],
  }
}

/** The biggest cities of a country, twice: all of its cities sorted in memory, and a short scan of keys made for it. */
export async function rangeScan(db: CityDatabase): Promise<Step> {
  const bySorting = await timed(() => {
    const all: StoredCity[] = []
    for (const stored of db.values({ prefix: cityPrefix(country) })) all.push(stored as StoredCity)
    return all.sort((a, b) => b.population - a.population)
  })
  const byOrder = await timed(async () => {
    const keys = await db.values({ prefix: rankPrefix(country), limit: biggest }).all()
    return (await db.getMany(keys as string[])) as StoredCity[]
  })
  const names = (cities: readonly StoredCity[]) =>
    cities
      .slice(0, biggest)
      .map(({ name, population }) => `${name} ${count(population)}`)
      .join(', ')
  return {
    title: 'range scans',
    lines: [
      `the biggest cities of ${country}: ${names(byOrder.result)}`,
      `all ${count(bySorting.result.length)} under ${cityPrefix(country)}, then sorted: ${seconds(bySorting.ms)}`,
      `the first ${biggest} under ${rankPrefix(country)}, already in order: ${seconds(byOrder.ms)}`,
    ],
    numbers: { scanned: bySorting.result.length, sortingMs: bySorting.ms, orderMs: byOrder.ms },
    proofs: [
      {
        claim: 'both ways give the same cities',
        holds: names(bySorting.result) === names(byOrder.result) && byOrder.result.length === biggest,
        found: `${byOrder.result.length} cities`,
      },
    ],
  }
}
