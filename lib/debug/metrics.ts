import { createRequire } from 'node:module'
import { BurrowError, invalidArgument } from '../base/errors.ts'
import { type DebugHost, debugHost } from '../kv/debug-host.ts'
import { describeValue } from '../util/describe-value.ts'
import { type MetricDefinition, metricTable, type Scrape } from './metric-table.ts'

/** What is needed of a `Registry` of prom-client. */
export interface MetricRegistry {
  registerMetric(metric: never): void
  getSingleMetric(name: string): unknown
  removeSingleMetric(name: string): void
  /** The text that Prometheus scrapes. */
  metrics(): Promise<string>
  readonly contentType: string
}

/** The databases that each registry tells of, and what they are called there. */
const registries = new WeakMap<MetricRegistry, Map<DebugHost, string>>()

/**
 * Adds the metrics of a database to a registry of prom-client, or to a new one, and returns it: docs/metrics.md has their names.
 * They are read from `db.stats()` and `db.health()` when the registry is asked, so nothing runs in between. Several databases
 * may share a registry: the label `database` is the path. Closing the database takes it out again.
 *
 * BURROW_UNSUPPORTED without a registry where prom-client is not installed; BURROW_CLOSED for a closed database.
 */
export function metrics(database: object): MetricRegistry
export function metrics<R extends MetricRegistry>(database: object, registry: R): R
export function metrics(database: object, registry: MetricRegistry = newRegistry()): MetricRegistry {
  const host = hostOf(database)
  if (typeof registry?.registerMetric !== 'function') {
    throw invalidArgument(`metrics: ${describeValue(registry)} is no registry of prom-client`, {
      operation: 'metrics',
      value: registry,
    })
  }
  // For BURROW_CLOSED, now and not in a scrape.
  host.stats()
  let databases = registries.get(registry)
  if (databases === undefined) {
    databases = new Map()
    registries.set(registry, databases)
  }
  if (databases.has(host)) return registry
  if (databases.size === 0) register(registry, databases)
  databases.set(host, nameOf(host, new Set(databases.values())))
  const shared = databases
  host.onClosing(() => {
    shared.delete(host)
    if (shared.size === 0) for (const { name } of metricTable) registry.removeSingleMetric(name)
  })
  return registry
}

function hostOf(database: object): DebugHost {
  const host = (database as { [debugHost]?: DebugHost } | undefined)?.[debugHost]
  if (host !== undefined) return host
  throw invalidArgument(`metrics: ${describeValue(database)} is no open Database`, { operation: 'metrics' })
}

function newRegistry(): MetricRegistry {
  const { Registry } = loadPromClient()
  return new Registry() as unknown as MetricRegistry
}

/** Throws BURROW_UNSUPPORTED, and says what to install, where the package is not there. */
export function loadPromClient(
  load: (name: string) => unknown = createRequire(import.meta.url),
): typeof import('prom-client') {
  try {
    return load('prom-client') as typeof import('prom-client')
  } catch (cause) {
    throw new BurrowError(
      'BURROW_UNSUPPORTED',
      'metrics needs the package prom-client; run `npm install prom-client`, or hand over a registry',
      { cause, context: { operation: 'metrics', feature: 'prom-client' } },
    )
  }
}

/** Two databases of one path, such as ':memory:', are told apart by a number. */
function nameOf({ path }: DebugHost, taken: ReadonlySet<string>): string {
  let name = path
  for (let number = 2; taken.has(name); number++) name = `${path}#${number}`
  return name
}

function register(registry: MetricRegistry, databases: ReadonlyMap<DebugHost, string>): void {
  for (const { name } of metricTable) {
    // What another copy of this package registered there would be hidden by ours, or ours by it.
    if (registry.getSingleMetric(name) === undefined) continue
    throw new BurrowError(
      'BURROW_EXISTS',
      `metrics: the registry has a metric named ${name} already; use another one`,
      {
        context: { operation: 'metrics', value: name },
      },
    )
  }
  const scraper = new Scraper(databases)
  for (const definition of metricTable) registry.registerMetric(new StatsMetric(definition, scraper) as never)
}

/** Looks at each database once for all metrics that are asked for in one go. */
class Scraper {
  readonly #databases: ReadonlyMap<DebugHost, string>
  #seen: { readonly database: string; readonly scrape: Scrape }[] | undefined

  constructor(databases: ReadonlyMap<DebugHost, string>) {
    this.#databases = databases
  }

  look(): readonly { readonly database: string; readonly scrape: Scrape }[] {
    if (this.#seen === undefined) {
      this.#seen = [...this.#databases].map(([host, database]) => ({
        database,
        scrape: {
          stats: host.stats(),
          health: host.health(),
          options: host.options,
          peakBytes: host.engine.memory().peakBytes,
        },
      }))
      // A registry asks all of its metrics before it waits for the first.
      queueMicrotask(() => {
        this.#seen = undefined
      })
    }
    return this.#seen
  }
}

/** A metric as registries of prom-client hold it. */
class StatsMetric {
  /** Registries in the OpenMetrics format change it: there the suffix `_total` is theirs to add. */
  name: string
  readonly help: string
  readonly type: string
  readonly aggregator = 'sum'
  readonly labelNames: readonly string[]
  readonly #definition: MetricDefinition
  readonly #scraper: Scraper

  constructor(definition: MetricDefinition, scraper: Scraper) {
    this.name = definition.name
    this.help = definition.help
    this.type = definition.type
    this.labelNames = ['database', ...definition.labels]
    this.#definition = definition
    this.#scraper = scraper
  }

  async get() {
    const { aggregator, help, name, type } = this
    const values = this.#scraper.look().flatMap(({ database, scrape }) =>
      [...this.#definition.read(scrape)].map(({ labels, suffix, value }) => ({
        value,
        labels: { database, ...labels },
        ...(suffix === undefined ? {} : { metricName: `${name}${suffix}` }),
      })),
    )
    return { name, help, type, aggregator, values }
  }

  /** For `registry.resetMetrics()`: there is nothing of its own. */
  reset(): void {}
}
