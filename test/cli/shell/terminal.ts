import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { distFile } from '../../dist.ts'

const program = fileURLToPath(new URL('pseudo-terminal.py', import.meta.url))

/** Why there can be no pseudo-terminal on this machine; undefined: there can. */
export function whyNoTerminal(): string | undefined {
  const { error, status } = spawnSync('python3', ['-c', 'import pty, termios, os; os.waitstatus_to_exitcode'])
  return error === undefined && status === 0
    ? undefined
    : 'python3 (3.9 or later) with its module pty is not there'
}

/** The command `burrow` on a pseudo-terminal. */
export class Terminal {
  readonly #child: ChildProcessWithoutNullStreams
  #shown = ''
  /** How much of it `until` has gone through. */
  #seen = 0
  #changed: () => void = () => undefined
  readonly #exit: Promise<number | null>

  constructor(
    args: readonly string[],
    { columns = 80, env = {} }: { columns?: number; env?: NodeJS.ProcessEnv } = {},
  ) {
    const { NO_COLOR, ...environment } = process.env
    this.#child = spawn(
      'python3',
      [program, String(columns), process.execPath, distFile('lib/cli/main.js'), ...args],
      { env: { ...environment, TERM: 'xterm', ...env } },
    )
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#shown += text
      this.#changed()
    })
    this.#exit = once(this.#child, 'close').then(([code]) => {
      this.#changed()
      return code as number | null
    })
  }

  /** Keys as a keyboard sends them. */
  type(keys: string): void {
    this.#child.stdin.write(keys)
  }

  /** What was shown since the last call, up to this text, which is waited for; without colours and cursor movements. */
  async until(text: string): Promise<string> {
    for (;;) {
      const plain = stripVTControlCharacters(this.#shown).replaceAll('\r', '')
      const at = plain.indexOf(text, this.#seen)
      if (at >= 0) {
        const begun = this.#seen
        this.#seen = at + text.length
        return plain.slice(begun, this.#seen)
      }
      if (this.#child.exitCode !== null)
        throw new Error(`'${text}' was not shown, but:\n${plain.slice(this.#seen)}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** Keys, once what they write is seen: readline takes a tab for a key only when it comes alone. */
  async enter(keys: string): Promise<void> {
    this.type(keys)
    await this.until(keys)
  }

  /** Everything that was shown, as it was sent. */
  get raw(): string {
    return this.#shown
  }

  /** The exit code. */
  ended(): Promise<number | null> {
    return this.#exit
  }

  [Symbol.dispose](): void {
    this.#child.stdin.destroy()
    this.#child.kill()
  }
}
