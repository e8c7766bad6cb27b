import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { logComponents } from '../../lib/base/logger.ts'
import { metricTable } from '../../lib/debug/metric-table.ts'
import { describeHealthOptions, describeOptions, presets } from '../../lib/index.ts'
import { formatBytes } from '../../lib/util/units.ts'
import { root } from '../dist.ts'
import { rewriteGolden } from '../golden/hex.ts'

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

/** Every option, as docs/options.md has it. */
export function optionsTable(): string {
  const rows = describeOptions().map(({ applies, default: value, doc, name, range }) => {
    return [`\`${name}\``, value, range, applies, doc]
  })
  return table(['option', 'default', 'range', 'applies', ''], rows)
}

/** Every threshold of the option `health`. */
export function healthTable(): string {
  const rows = describeHealthOptions().map(({ default: value, doc, name, range }) => {
    return [`\`${name}\``, value, range, doc]
  })
  return table(['threshold', 'default', 'range', ''], rows)
}

/** Every metric, as docs/metrics.md has it. */
export function metricsTable(): string {
  const rows = metricTable.map(({ help, labels, name, type }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(', '),
    help,
  ])
  return table(['metric', 'type', 'labels', ''], rows)
}

/** Every component of the log, as docs/logging.md has it. */
export function componentsTable(): string {
  return table(
    ['component', 'tells of'],
    Object.entries(logComponents).map(([name, doc]) => [`\`${name}\``, doc]),
  )
}

/** Some options, as the README has them. */
export function shortTable(names: readonly string[]): string {
  const options = new Map(describeOptions().map((option) => [option.name, option]))
  const rows = names.map((name) => {
    const { default: value, doc } = options.get(name)!
    return [`\`${name}\``, value, doc]
  })
  return table(['option', 'default', ''], rows)
}

function show(value: unknown): string {
  if (typeof value === 'number' && value >= 1024 && value % 1024 === 0) return formatBytes(value)
  return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : String(value)
}

/** Every preset with all that it sets. */
export function presetsTable(): string {
  const rows = Object.entries(presets).map(([name, options]) => {
    const fields = Object.entries(options).map(([option, value]) => `${option} ${show(value)}`)
    return [`\`${name}\``, fields.join(' · ') || 'the defaults']
  })
  return table(['preset', 'sets'], rows)
}

/** The names of all presets. */
export function presetsLine(): string {
  return `Presets: ${Object.keys(presets)
    .map((name) => `\`${name}\``)
    .join(', ')}.`
}

/** The part of a document between `<!-- name: begin -->` and its end; with BURROW_REWRITE=1 it is written anew first. */
export function section(file: string, name: string, expected: string): string {
  const path = join(root, file)
  const text = readFileSync(path, 'utf8')
  const [opening, closing] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`]
  const begin = text.indexOf(opening) + opening.length
  const end = text.indexOf(closing)
  if (begin < opening.length || end < begin) throw new Error(`${file} has no section ${name}`)
  if (!rewriteGolden) return text.slice(begin, end).trimEnd()
  writeFileSync(path, `${text.slice(0, begin)}${expected}\n${text.slice(end)}`)
  return expected
}
