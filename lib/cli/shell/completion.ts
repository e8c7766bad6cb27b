import type { Tables } from '../../tables.ts'
import { dotCommands } from './commands.ts'

const keywords = [
  ...[
    'SELECT',
    'FROM',
    'WHERE',
    'AND',
    'OR',
    'NOT',
    'IN',
    'BETWEEN',
    'IS',
    'MISSING',
    'NULL',
    'ORDER',
    'BY',
    'ASC',
    'DESC',
  ],
  ...[
    'LIMIT',
    'OFFSET',
    'INSERT',
    'INTO',
    'VALUE',
    'UPDATE',
    'SET',
    'REMOVE',
    'DELETE',
    'RETURNING',
    'ALL',
    'MODIFIED',
  ],
  ...['OLD', 'NEW', 'TRUE', 'FALSE', 'AS'],
]
const functions = [
  'attribute_type',
  'begins_with',
  'contains',
  'list_append',
  'set_add',
  'set_delete',
  'size',
]
/** Items of a table that are looked at for names of attributes. */
const sampledItems = 25
/** What need not be quoted. */
const simpleName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** What the word at the end of a line can become, and that word: as readline wants it. */
export type Completions = [string[], string]

/** Completes commands, keywords, and the names of tables, indexes and attributes. */
export class Completer {
  readonly #tables: Tables
  /** By table. */
  readonly #attributes = new Map<string, readonly string[]>()

  constructor(tables: Tables) {
    this.#tables = tables
  }

  /** `before`: the lines of the statement before this one. */
  async complete(line: string, before: string): Promise<Completions> {
    if (before === '' && line.startsWith('.')) return await this.#command(line)
    const [word = ''] = /"?[\w-]*$/.exec(line) ?? []
    const context = `${before} ${line.slice(0, line.length - word.length)}`
    const indexed = /\b(?:FROM|UPDATE|INTO)\s+("?)([\w.-]+?)\1\.$/i.exec(context)
    if (indexed !== null) return [matching(await this.#indexes(indexed[2]!), word), word]
    if (/\b(?:FROM|UPDATE|INTO)\s+$/i.test(context)) return [matching(await this.#tables.list(), word), word]
    const names = matching(await this.#attributesIn(context + line), word)
    const words = matching([...keywords, ...functions], word, true)
    return [word === '' && names.length > 0 ? names : [...names, ...words], word]
  }

  async #command(line: string): Promise<Completions> {
    const [, name = '', word] = /^\.(\w*)(?:\s+(\S*))?$/.exec(line) ?? []
    if (word === undefined) {
      const typed = `.${name}`
      return [
        Object.keys(dotCommands)
          .map((one) => `.${one}`)
          .filter((one) => one.startsWith(typed)),
        typed,
      ]
    }
    const words = Object.hasOwn(dotCommands, name) ? (dotCommands[name]!.words ?? []) : []
    const choices = words === 'tables' ? await this.#tables.list() : words
    return [choices.filter((choice) => choice.startsWith(word)), word]
  }

  async #indexes(table: string): Promise<string[]> {
    if (!(await this.#tables.list()).includes(table)) return []
    const { globalIndexes, localIndexes } = await this.#tables.describe(table, { count: false })
    return [...globalIndexes, ...localIndexes].map(({ name }) => name)
  }

  /** Of the tables that the text names; of all, where it names none yet. */
  async #attributesIn(text: string): Promise<string[]> {
    const tables = await this.#tables.list()
    const named = tables.filter((name) => new RegExp(`(?<![\\w.-])${escapeName(name)}(?![\\w-])`).test(text))
    const lists = await Promise.all(
      (named.length > 0 ? named : tables.slice(0, 5)).map((name) => this.#attributesOf(name)),
    )
    return [...new Set(lists.flat())].sort()
  }

  async #attributesOf(name: string): Promise<readonly string[]> {
    const known = this.#attributes.get(name)
    if (known !== undefined) return known
    const {
      attributes = [],
      globalIndexes,
      localIndexes,
      ...table
    } = await this.#tables.describe(name, { count: false })
    const keys = [table, ...globalIndexes, ...localIndexes].flatMap(({ partitionKey, sortKey }) =>
      sortKey === undefined ? [partitionKey] : [partitionKey, sortKey],
    )
    const { items } = await this.#tables.table(name).scan({ limit: sampledItems })
    const names = [...keys, ...attributes].map((attribute) => attribute.name)
    const found = [...new Set([...names, ...items.flatMap((item) => Object.keys(item))])]
    // Of an empty table there will be more to know.
    if (items.length > 0) this.#attributes.set(name, found)
    return found
  }
}

/** The candidates that begin as the word does, quoted where the word is or they need it. */
function matching(candidates: readonly string[], word: string, anyCase = false): string[] {
  const quoted = word.startsWith('"')
  const begun = quoted ? word.slice(1) : word
  if (anyCase) {
    if (quoted) return []
    const lower = begun !== '' && begun === begun.toLowerCase()
    return candidates
      .filter((candidate) => candidate.toLowerCase().startsWith(begun.toLowerCase()))
      .map((candidate) => begun + (lower ? candidate.toLowerCase() : candidate).slice(begun.length))
  }
  return candidates
    .filter((candidate) => candidate.startsWith(begun))
    .map((candidate) =>
      quoted || !simpleName.test(candidate) ? `"${candidate.replaceAll('"', '""')}"` : candidate,
    )
    .filter((candidate) => candidate.startsWith(word))
}

function escapeName(name: string): string {
  return name.replaceAll('.', '\\.')
}
