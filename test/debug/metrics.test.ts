import { Counter, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { healthCodes } from '../../lib/base/health-options.ts'
import { metricTable } from '../../lib/debug/metric-table.ts'
import { loadPromClient } from '../../lib/debug/metrics.ts'
import { metrics } from '../../lib/debug.ts'
import { Database } from '../../lib/index.ts'
import { metricsTable, section } from '../docs/generated.ts'
import { turn } from './recording-logger.ts'

interface Series {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/**
 * Reads the text format of Prometheus as strictly as its own parser: a HELP and a TYPE line before the samples of a name, which
 * stand together; no series twice. Throws for anything else.
 */
function parse(text: string): { types: Map<string, string>; series: Series[] } {
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const series: Series[] = []
  const seen = new Set<string>()
  const ended = new Set<string>()
  let current = ''
  expect(text.endsWith('\n')).toBe(true)
  for (const line of text.split('\n')) {
    if (line === '' || line === '# EOF') continue
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line)
    if (meta !== null) {
      const [, kind, name, rest] = meta as unknown as [string, string, string, string]
      if (name !== current) {
        expect(ended).not.toContain(name)
        ended.add(current)
        current = name
      }
      if (kind === 'HELP') helps.add(name)
      else types.set(name, rest)
      continue
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$/.exec(line)
    if (sample === null) throw new Error(`no sample: ${line}`)
    const [, name, labelText = '', value] = sample as unknown as [string, string, string, string]
    const base = name.replace(/_(sum|count)$/, '')
    const family = types.get(base) === 'summary' ? base : types.has(name) ? name : name.replace(/_total$/, '')
    expect(family).toBe(current)
    expect(helps).toContain(family)
    const labels: Record<string, string> = {}
    const rest = labelText.replace(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?/g, (_, label, content) => {
      labels[label as string] = JSON.parse(`"${content as string}"`) as string
      return ''
    })
    expect(rest).toBe('')
    const identity = `${name} ${JSON.stringify(Object.entries(labels).sort())}`
    expect(seen).not.toContain(identity)
    seen.add(identity)
    series.push({ name, labels, value: Number(value) })
  }
  return { types, series }
}

async function used(): Promise<Database> {
  const db = await Database.open(':memory:', { health: { l0Tables: 1 } })
  await db.put('a', '1')
  await db.put('b', '2')
  await db.flush()
  db.getSync('a')
  await db.keys().all()
  expect(() => db.getSync('')).toThrow()
  await turn()
  return db
}

describe('metrics', () => {
  it('are text that Prometheus reads, with the values of stats() and health()', async () => {
    const db = await used()
    const registry = metrics(db)
    const { series, types } = parse(await registry.metrics())
    const stats = db.stats()
    const of = (name: string, labels: Record<string, string> = {}) => {
      const found = series.filter(
        (one) =>
          one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value),
      )
      expect(found).toHaveLength(1)
      return found[0]?.value
    }
    expect([...types]).toEqual(metricTable.map(({ name, type }) => [name, type]))
    expect(of('burrow_operations_total', { operation: 'put' })).toBe(2)
    expect(of('burrow_operation_latency_seconds_count', { operation: 'put' })).toBe(2)
    expect(of('burrow_operation_latency_seconds', { operation: 'put', quantile: '0.99' })).toBeCloseTo(
      stats.ops.put.latency.p99 / 1e6,
      9,
    )
    expect(of('burrow_errors_total', { code: 'BURROW_INVALID_ARGUMENT' })).toBe(1)
    expect(of('burrow_level_files', { level: '0' })).toBe(1)
    expect(of('burrow_flushes_total')).toBe(1)
    expect(of('burrow_written_bytes_total', { cause: 'user' })).toBe(4)
    expect(of('burrow_written_bytes_total', { cause: 'flush' })).toBe(stats.flush.bytes)
    expect(of('burrow_memory_bytes', { owner: 'activeMemtable' })).toBe(
      stats.memory.byOwner['activeMemtable'],
    )
    expect(of('burrow_disk_bytes', { kind: 'table' })).toBe(stats.disk.byKind.table)
    expect(of('burrow_health_status')).toBe(1)
    expect(of('burrow_health_rule', { rule: 'l0-tables' })).toBe(1)
    expect(of('burrow_health_rule_value', { rule: 'l0-tables' })).toBe(1)
    expect(of('burrow_health_rule_limit', { rule: 'l0-tables' })).toBe(1)
    expect(of('burrow_health_threshold', { threshold: 'l0Tables' })).toBe(1)
    const rules = series.filter(({ name }) => name === 'burrow_health_rule')
    expect(rules.map(({ labels }) => labels['rule'])).toEqual([...healthCodes])
    expect(rules.filter(({ value }) => value > 0)).toHaveLength(1)
    expect(series.every(({ labels }) => labels['database'] === ':memory:')).toBe(true)
    await db.close()
  })

  it('are read anew in each scrape', async () => {
    const db = await used()
    const registry = metrics(db)
    const puts = async () =>
      parse(await registry.metrics()).series.find(
        ({ labels, name }) => name === 'burrow_operations_total' && labels['operation'] === 'put',
      )?.value
    expect(await puts()).toBe(2)
    await db.put('c', '3')
    expect(await puts()).toBe(3)
    await db.close()
  })

  it('of several databases stand in one registry, beside others, until each is closed', async () => {
    const registry = new Registry()
    new Counter({ name: 'mine_total', help: 'Mine.', registers: [registry] }).inc()
    const [first, second] = [await used(), await Database.open(':memory:')]
    expect(metrics(first, registry)).toBe(registry)
    metrics(second, registry)
    metrics(second, registry)
    const databases = async () => {
      const { series } = parse(await registry.metrics())
      expect(series.some(({ name }) => name === 'mine_total')).toBe(true)
      return series
        .filter(({ name }) => name === 'burrow_uptime_seconds')
        .map(({ labels }) => labels['database'])
    }
    expect(await databases()).toEqual([':memory:', ':memory:#2'])
    await first.close()
    expect(await databases()).toEqual([':memory:#2'])
    await second.close()
    expect(await databases()).toEqual([])
    expect(registry.getSingleMetric('burrow_uptime_seconds')).toBeUndefined()
    const third = metrics(await used(), registry)
    expect(third.getSingleMetric('burrow_uptime_seconds')).toBeDefined()
  })

  it('are OpenMetrics in a registry that is', async () => {
    const registry = new Registry()
    registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
    const db = await used()
    metrics(db, registry)
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await registry.metrics()
      const { series, types } = parse(text)
      expect(text.endsWith('# EOF\n')).toBe(true)
      expect(types.get('burrow_operations')).toBe('counter')
      expect(series.filter(({ name }) => name === 'burrow_operations_total')).toHaveLength(10)
      expect(series.some(({ name }) => name.includes('total_total'))).toBe(false)
    }
    await db.close()
    expect((await registry.metrics()).trim()).toBe('# EOF')
  })

  it('refuse what is no database, no registry, or closed, and names that are taken', async () => {
    const db = await used()
    const refused = (call: () => unknown, code: string, text: string) =>
      expect(call).toThrow(expect.objectContaining({ code, message: expect.stringContaining(text) }))
    refused(() => metrics({}), 'BURROW_INVALID_ARGUMENT', 'is no open Database')
    refused(() => metrics(db, {} as Registry), 'BURROW_INVALID_ARGUMENT', 'no registry of prom-client')
    const registry = new Registry()
    new Counter({ name: 'burrow_flushes_total', help: 'x', registers: [registry] })
    refused(() => metrics(db, registry), 'BURROW_EXISTS', 'burrow_flushes_total')
    expect(registry.getMetricsAsArray()).toHaveLength(1)
    const missing = () => {
      throw new Error('not found')
    }
    refused(() => loadPromClient(missing), 'BURROW_UNSUPPORTED', 'npm install prom-client')
    await db.close()
    refused(() => metrics(db), 'BURROW_CLOSED', 'closed')
  })

  it('have names with units, in the conventions of Prometheus', () => {
    for (const { help, labels, name, type } of metricTable) {
      expect(name).toMatch(/^burrow_[a-z0-9]+(_[a-z0-9]+)*$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(help).toMatch(/\.$/)
      for (const label of labels) expect(label).toMatch(/^[a-z]+$/)
      expect(name).not.toMatch(/_(ms|us|micros|kb|mb)(_|$)/)
      if (type === 'summary') expect(name).toMatch(/_seconds$/)
    }
    expect(new Set(metricTable.map(({ name }) => name)).size).toBe(metricTable.length)
  })

  it('are those of docs/metrics.md (BURROW_REWRITE=1 writes them)', () => {
    expect(section('docs/metrics.md', 'metrics', metricsTable())).toBe(metricsTable())
  })
})
