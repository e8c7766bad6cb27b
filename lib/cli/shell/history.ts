import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const mostEntries = 1000

/** What was entered, the newest first, kept in a file that nobody else may read. A file that cannot be written is done without. */
export class History {
  readonly #file: string | undefined
  readonly #entries: string[]

  private constructor(file: string | undefined, entries: string[]) {
    this.#file = file
    this.#entries = entries
  }

  /** The file that BURROW_HISTORY names, or ~/.burrow_history; none when it is empty. */
  static load(environment = process.env): History {
    const file = environment['BURROW_HISTORY'] ?? join(homedir(), '.burrow_history')
    if (file === '') return new History(undefined, [])
    const lines = readLines(file)
    const kept = lines.slice(-mostEntries)
    // Sessions only append: now and then somebody has to make it shorter.
    if (lines.length > 2 * mostEntries)
      attempt(() => writeFileSync(file, kept.map((line) => `${line}\n`).join(''), { mode: 0o600 }))
    return new History(file, [...new Set(kept.reverse())])
  }

  get entries(): readonly string[] {
    return this.#entries
  }

  add(entry: string): void {
    if (entry === '' || entry === this.#entries[0]) return
    const before = this.#entries.indexOf(entry)
    if (before >= 0) this.#entries.splice(before, 1)
    this.#entries.unshift(entry)
    this.#entries.length = Math.min(this.#entries.length, mostEntries)
    const file = this.#file
    if (file !== undefined) attempt(() => appendFileSync(file, `${entry}\n`, { mode: 0o600 }))
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

/** History is a convenience: a home that is read-only must not end a session. */
function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // Done without.
  }
}
