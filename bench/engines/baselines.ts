/** What is no store: how fast the harness itself can be, and how fast plain memory is. */
import type { AdapterEngine, BenchDatabase, BenchValue, Found } from '../../lib/bench/engines/engine.ts'

/** Does nothing: what remains is the harness. */
class NoopDatabase implements BenchDatabase {
  readonly #value: BenchValue

  constructor(value: BenchValue) {
    this.#value = value
  }

  batch(): undefined {}
  deleteBatch(): undefined {}
  putSync(): void {}
  async put(): Promise<void> {}

  /** Keys of readmissing end in a full stop. */
  getSync(key: string): Found {
    return key.charCodeAt(key.length - 1) === 46 ? undefined : this.#value
  }

  async get(key: string): Promise<Found> {
    return this.getSync(key)
  }

  getFast(): number {
    return this.#value.length
  }

  getMany(keys: readonly string[]): Found[] {
    return keys.map(() => this.#value)
  }

  async close(): Promise<void> {}
}

export const noop: AdapterEngine = {
  name: 'noop',
  kind: 'baseline',
  volatile: true,
  version: () => '',
  open: async (_, { valueEncoding }) =>
    new NoopDatabase(valueEncoding === 'buffer' ? Buffer.alloc(100) : 'v'.repeat(100)),
}

class MapDatabase implements BenchDatabase {
  readonly #map: Map<string, BenchValue>

  constructor(map: Map<string, BenchValue>) {
    this.#map = map
  }

  batch(keys: readonly string[], values: readonly BenchValue[]): undefined {
    for (let i = 0; i < keys.length; i++) this.#map.set(keys[i]!, values[i]!)
  }

  deleteBatch(keys: readonly string[]): undefined {
    for (const key of keys) this.#map.delete(key)
  }

  putSync(key: string, value: BenchValue): void {
    this.#map.set(key, value)
  }

  async put(key: string, value: BenchValue): Promise<void> {
    this.#map.set(key, value)
  }

  getSync(key: string): Found {
    return this.#map.get(key)
  }

  async get(key: string): Promise<Found> {
    return this.#map.get(key)
  }

  getMany(keys: readonly string[]): Found[] {
    return keys.map((key) => this.#map.get(key))
  }

  async close(): Promise<void> {}
}

const maps = new Map<string, Map<string, BenchValue>>()

/** A Map of JavaScript for each directory, as long as the process lives. It has no order, so nothing that scans. */
export const map: AdapterEngine = {
  name: 'map',
  kind: 'baseline',
  volatile: true,
  version: () => '',
  async open(directory) {
    const records = maps.get(directory) ?? new Map<string, BenchValue>()
    maps.set(directory, records)
    return new MapDatabase(records)
  },
}
