import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { BurrowError } from '../base/errors.ts'
import type { Sample } from '../debug/sample.ts'
import { UsageError } from './failure.ts'
import { writeJson } from './output.ts'
import { parseCount } from './scan.ts'
import { drawTop } from './top/draw.ts'
import { readRecording, startRecording } from './top/recording.ts'
import { type Display, plainDisplay, terminalDisplay } from './top/screen.ts'

interface TopOptions {
  readonly interval: number
  readonly count?: number
  readonly once?: boolean
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly record?: string
  readonly replay?: string
  readonly speed?: number
}

export function addTop(program: Command): void {
  program
    .command('top')
    .description('watch a database live: rates, latencies, levels, caches, compactions, stalls')
    .argument('[target]', 'directory of the database, or the address that db.debug.serve() returned')
    .option('--interval <seconds>', 'time between two looks', parsePositive, 1)
    .option('--count <n>', 'end after so many looks', parseCount)
    .option('--once', 'print one picture, and end')
    .addOption(new Option('--json', 'print one sample as JSON, and end').conflicts('jsonl'))
    .option('--jsonl', 'print each sample as JSON on a line')
    .option('--record <file>', 'write what is seen to a new file, too')
    .addOption(new Option('--replay <file>', 'show a recording').conflicts('record'))
    .option(
      '--speed <n>',
      'show a recording so many times as fast; without a terminal, at once',
      parsePositive,
    )
    .addHelpText(
      'after',
      `
A program shows its database after \`await db.debug.serve()\`; the path is enough then to find it on the same machine. Of
others, and of databases that nobody has open, the files are shown: levels, sizes, and how they grow.

On a terminal q or Ctrl-C ends it. Latencies are since the database was opened; rates are those of the last interval.`,
    )
    .action(top)
}

function parsePositive(text: string): number {
  const value = Number(text)
  if (!(value > 0 && value <= 86_400))
    throw new InvalidArgumentError('It must be a number above 0, at most 86400.')
  return value
}

async function top(target: string | undefined, options: TopOptions): Promise<void> {
  if (options.replay !== undefined) {
    if (target !== undefined)
      throw new UsageError('with --replay there is no path: the recording is what is shown')
    return await replay(options.replay, options)
  }
  if (target === undefined) throw new UsageError('name the directory of a database, or a URL')
  const { sourceOf } = await import('./top/sources.ts')
  const look = sourceOf(target)
  const record = options.record === undefined ? undefined : startRecording(options.record, version())
  const shots = options.json ? 1 : options.once ? 2 : (options.count ?? Number.POSITIVE_INFINITY)
  const viewer = new Viewer(options)
  try {
    for (let shot = 1; ; shot++) {
      const { notice, sample } = await look()
      if (sample === undefined && shots !== Number.POSITIVE_INFINITY)
        throw new BurrowError('BURROW_IO', notice ?? 'there is nothing to be seen')
      if (sample !== undefined) record?.(sample)
      // Rates need two looks.
      const hidden = options.once === true && options.json !== true && shot === 1
      await viewer.see(sample, notice === undefined ? [] : [notice], hidden)
      if (shot >= shots || !(await viewer.wait(options.interval * 1000))) return
    }
  } finally {
    viewer.close()
  }
}

async function replay(file: string, options: TopOptions): Promise<void> {
  const viewer = new Viewer(options)
  const problems: string[] = []
  let shown = 0
  let before: Sample | undefined
  try {
    for await (const recorded of readRecording(file, version())) {
      if ('problem' in recorded) {
        problems.push(recorded.problem)
        continue
      }
      const { sample } = recorded
      const paced = viewer.onTerminal || options.speed !== undefined
      const pause = before === undefined ? 0 : Math.max(0, sample.at - before.at) / (options.speed ?? 1)
      // A recording may have gaps of hours.
      if (paced && !(await viewer.wait(Math.min(pause, 10_000)))) return
      await viewer.see(sample, problems.slice(-1), false)
      before = sample
      shown++
      if (options.once || options.json || shown === options.count) break
    }
    if (viewer.onTerminal && shown > 0) await viewer.wait(2 ** 31 - 1)
  } finally {
    viewer.close()
    for (const problem of problems.slice(0, 5)) process.stderr.write(`burrow: ${file}: ${problem}\n`)
    if (problems.length > 5)
      process.stderr.write(`burrow: ${file}: ${problems.length - 5} more lines like these\n`)
  }
  if (shown === 0) throw new BurrowError('BURROW_INVALID_ARGUMENT', `${file} has no sample that can be shown`)
}

/** Shows samples in the form that was asked for, each against the one before. */
class Viewer {
  readonly #display: Display
  readonly #documents: boolean
  readonly onTerminal: boolean
  #sample: Sample | undefined
  #before: Sample | undefined

  constructor({ json, jsonl, once }: TopOptions) {
    this.#documents = json === true || jsonl === true
    this.onTerminal = process.stdout.isTTY && !this.#documents && once !== true
    this.#display = this.onTerminal ? terminalDisplay() : plainDisplay()
  }

  /** Without a sample the last one stays, with what is to be said. */
  async see(sample: Sample | undefined, notices: readonly string[], hidden: boolean): Promise<void> {
    if (sample !== undefined) {
      this.#before = this.#sample
      this.#sample = sample
    }
    if (hidden) return
    if (this.#documents) {
      if (sample !== undefined) await writeJson(sample)
      else for (const notice of notices) process.stderr.write(`burrow: ${notice}\n`)
      return
    }
    const [before, now] = [this.#before, this.#sample]
    await this.#display.show((columns) =>
      now === undefined
        ? notices.map((notice) => `! ${notice}`.slice(0, columns))
        : drawTop({ sample: now, before, notices }, columns),
    )
  }

  /** False when the user has seen enough. */
  async wait(milliseconds: number): Promise<boolean> {
    const { signal } = this.#display
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
    return !signal.aborted
  }

  close(): void {
    this.#display.close()
  }
}

function version(): string {
  return (createRequire(import.meta.url)('burrowdb/package.json') as { version: string }).version
}
