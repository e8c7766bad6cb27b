import { write } from '../output.ts'

const alternate = { on: '\x1b[?1049h\x1b[?25l', off: '\x1b[?25h\x1b[?1049l' }
/** q and Q; Ctrl-C and Ctrl-D, which are characters while the terminal is raw. */
const endKeys = new Set([0x71, 0x51, 0x03, 0x04])
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Where pictures go. */
export interface Display {
  /** Fires when the user has seen enough. */
  readonly signal: AbortSignal
  show(draw: (columns: number) => readonly string[]): Promise<void>
  close(): void
}

/** One picture behind the other, for files, pipes and people who asked for one. */
export function plainDisplay(): Display {
  const ended = new AbortController()
  const stop = () => ended.abort()
  for (const name of signals) process.once(name, stop)
  let first = true
  return {
    signal: ended.signal,
    async show(draw) {
      const gap = first ? '' : '\n'
      first = false
      await write(`${gap}${draw(80).join('\n')}\n`)
    },
    close() {
      for (const name of signals) process.off(name, stop)
    },
  }
}

/** The whole terminal, drawn over and over, also when its size changes. q or Ctrl-C ends it; close() leaves it as it was. */
export function terminalDisplay(): Display {
  const ended = new AbortController()
  const { stdin, stdout } = process
  let last: ((columns: number) => readonly string[]) | undefined
  const stop = () => ended.abort()
  const onKeys = (keys: Buffer) => {
    if (keys.some((key) => endKeys.has(key))) stop()
  }
  const paint = () => {
    if (last === undefined) return
    const rows = Math.max(1, (stdout.rows ?? 24) - 1)
    const lines = last(stdout.columns ?? 80).slice(0, rows)
    stdout.write(`\x1b[H${lines.map((line) => `${line}\x1b[K\r\n`).join('')}\x1b[J`)
  }
  const restore = () => stdout.write(alternate.off)
  for (const name of signals) process.once(name, stop)
  stdout.on('resize', paint)
  process.once('exit', restore)
  if (stdin.isTTY) {
    stdin.setRawMode(true)
    stdin.on('data', onKeys)
    stdin.resume()
  }
  stdout.write(alternate.on)
  return {
    signal: ended.signal,
    async show(draw) {
      last = draw
      paint()
    },
    close() {
      for (const name of signals) process.off(name, stop)
      stdout.off('resize', paint)
      process.off('exit', restore)
      if (stdin.isTTY) {
        stdin.off('data', onKeys)
        stdin.setRawMode(false)
        stdin.pause()
      }
      restore()
    },
  }
}
