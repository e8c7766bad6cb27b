/** What a line did to the text that is being put together. */
export interface Taken {
  /** Statements that it completed, without their semicolons. */
  readonly statements: readonly string[]
  /** All lines since the last complete statement say the same when they are written on one. */
  readonly joinable: boolean
}

/** What the text is in the middle of. */
type Inside = "'" | '"' | '`' | '--' | '/*' | undefined

/** Puts PartiQL statements together from lines: each ends with a semicolon that stands in no text, name or comment. */
export class StatementBuffer {
  #text = ''
  #inside: Inside
  #joinable = true

  /** True between statements. */
  get isEmpty(): boolean {
    return isBlank(this.#text)
  }

  add(line: string): Taken {
    const statements: string[] = []
    if (this.#text !== '') this.#joinable &&= this.#inside === undefined
    let from = 0
    let at = 0
    while (at < line.length) {
      const two = line.slice(at, at + 2)
      const one = line[at]!
      if (this.#inside === undefined) {
        if (two === '--' || two === '/*') this.#inside = two
        else if (one === "'" || one === '"' || one === '`') this.#inside = one
        else if (one === ';') {
          this.#text += line.slice(from, at)
          if (!isBlank(this.#text)) statements.push(this.#text.trim())
          this.#text = ''
          from = at + 1
        }
        at += this.#inside === '/*' || this.#inside === '--' ? 2 : 1
      } else if (this.#inside === '/*' && two === '*/') {
        this.#inside = undefined
        at += 2
      } else {
        if (one === this.#inside) this.#inside = undefined
        at++
      }
    }
    const rest = line.slice(from)
    if (this.#inside === '--') {
      this.#inside = undefined
      this.#joinable = false
    }
    this.#text += isBlank(this.#text) && rest.trim() === '' ? '' : `${rest}\n`
    const joinable = this.#joinable
    if (this.#text === '') this.#joinable = true
    return { statements, joinable }
  }

  /** What is there without a semicolon at its end. */
  finish(): string | undefined {
    const text = this.#text.trim()
    this.clear()
    return isBlank(text) ? undefined : text
  }

  clear(): void {
    this.#text = ''
    this.#inside = undefined
    this.#joinable = true
  }
}

/** Nothing but blanks and comments. */
function isBlank(text: string): boolean {
  return /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/.test(text)
}
