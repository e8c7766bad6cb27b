import { createInterface } from 'node:readline'
import { counted } from '../../util/counted.ts'
import { failureText } from '../failure.ts'
import { writeLine } from '../output.ts'
import { version } from '../version.ts'
import { runDotCommand } from './commands.ts'
import { Completer } from './completion.ts'
import { History } from './history.ts'
import type { ShellSession } from './session.ts'
import { StatementBuffer } from './statement-buffer.ts'

const prompt = 'burrow> '
const continuation = '   ...> '

/** Runs what is entered on the terminal until Ctrl-D or .exit. Ctrl-C throws away what is being entered, or ends a statement that runs. */
export async function runInteractive(session: ShellSession): Promise<void> {
  await writeLine(await banner(session))
  const terminal = new Terminal(session)
  try {
    for (let line = await terminal.next(); line !== undefined; line = await terminal.next()) {
      await terminal.take(line)
      if (session.ended) return
    }
    process.stdout.write('\n')
  } finally {
    terminal.close()
  }
}

async function banner({ paint, tables }: ShellSession): Promise<string> {
  const { options, path } = tables.database
  const mode = options.readOnly ? ', read-only' : ''
  const count = counted((await tables.list()).length, 'table')
  return `${paint('bold', `BurrowDB ${version()}`)}  ${path}  ${count}${mode}\nStatements end with ;  .help lists commands, Ctrl-D leaves`
}

class Terminal {
  readonly #session: ShellSession
  readonly #readline
  readonly #buffer = new StatementBuffer()
  readonly #history = History.load()
  readonly #completer: Completer
  /** The list that readline walks through. */
  #walked: string[] | undefined
  /** Lines that were entered while something ran. */
  readonly #lines: string[] = []
  /** Lines of the statement that is being entered. */
  #entered: string[] = []
  #closed = false
  #wake: (() => void) | undefined
  #running: AbortController | undefined

  constructor(session: ShellSession) {
    this.#session = session
    this.#completer = new Completer(session.tables)
    session.entered.push(...[...this.#history.entries].reverse())
    this.#readline = createInterface({
      input: process.stdin,
      output: process.stdout,
      terminal: true,
      history: [...this.#history.entries],
      historySize: 1000,
      completer: (line: string, done: (error: Error | null, found?: [string[], string]) => void) => {
        this.#completer.complete(line, this.#entered.join('\n')).then(
          (found) => done(null, found),
          () => done(null, [[], line]),
        )
      },
    })
    this.#readline.on('line', (line) => this.#add(line))
    this.#readline.on('history', (history) => {
      this.#walked = history
    })
    this.#readline.on('SIGINT', () => this.#interrupt())
    this.#readline.on('close', () => {
      this.#closed = true
      this.#wake?.()
    })
  }

  /** The next line; undefined when there will be none. */
  async next(): Promise<string | undefined> {
    if (this.#lines.length === 0 && !this.#closed) {
      this.#prompt()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
    return this.#lines.shift()
  }

  /** Runs what the line completes. Failures are told. */
  async take(line: string): Promise<void> {
    if (this.#buffer.isEmpty && line.trimStart().startsWith('.')) {
      this.#remember([line.trim()])
      return await this.#attempt(() => runDotCommand(this.#session, line))
    }
    this.#entered.push(line)
    const { joinable, statements } = this.#buffer.add(line)
    if (this.#buffer.isEmpty) this.#remember(this.#takeEntered(joinable))
    for (const statement of statements) await this.#attempt((signal) => this.#session.run(statement, signal))
  }

  close(): void {
    this.#readline.close()
  }

  #takeEntered(joinable: boolean): string[] {
    const lines = this.#entered.map((line) => line.trim()).filter((line) => line !== '')
    this.#entered = []
    return joinable ? [lines.join(' ')] : lines
  }

  /** Statements are one entry each, where they mean the same on one line. */
  #remember(entries: readonly string[]): void {
    for (const entry of entries) {
      if (entry === '') continue
      this.#history.add(entry)
      this.#session.entered.push(entry)
    }
    this.#walked?.splice(0, this.#walked.length, ...this.#history.entries)
  }

  async #attempt(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.#running = new AbortController()
    try {
      await work(this.#running.signal)
    } catch (error) {
      process.stderr.write(`${this.#session.paint('red', failureText(error))}\n`)
    } finally {
      this.#running = undefined
    }
  }

  #add(line: string): void {
    this.#lines.push(line)
    this.#wake?.()
  }

  #interrupt(): void {
    if (this.#running !== undefined) {
      this.#running.abort()
      return
    }
    this.#buffer.clear()
    this.#entered = []
    process.stdout.write('^C\n')
    // What `clearLine` of a REPL does: readline has no other way to forget a line that stays on the screen.
    Object.assign(this.#readline, { line: '', cursor: 0, prevRows: 0 })
    this.#prompt()
  }

  #prompt(): void {
    const text = this.#buffer.isEmpty ? prompt : continuation
    this.#readline.setPrompt(this.#session.paint('cyan', text))
    this.#readline.prompt()
  }
}
