import progress from 'cli-progress'

/** Something that must hold, and what was found. */
export interface Proof {
  readonly claim: string
  readonly holds: boolean
  readonly found: string
}

export interface Step {
  readonly title: string
  readonly lines: string[]
  readonly proofs: Proof[]
  readonly numbers: Record<string, number>
}

const labelWidth = 12

/** Prints the steps as they end, or with `json` nothing until all of them are one document. */
export class Report {
  readonly #json: boolean
  readonly #steps: Step[] = []

  constructor(json: boolean) {
    this.#json = json
  }

  get holds(): boolean {
    return this.#steps.every(({ proofs }) => proofs.every(({ holds }) => holds))
  }

  get proofs(): number {
    return this.#steps.reduce((sum, { proofs }) => sum + proofs.length, 0)
  }

  say(text: string): void {
    if (!this.#json) console.log(text)
  }

  add({ lines, numbers, proofs, title }: Step): void {
    this.#steps.push({ lines, numbers, proofs, title })
    lines.forEach((line, index) => {
      this.say(`${(index === 0 ? title : '').padEnd(labelWidth)}${line}`)
    })
    for (const { claim, found, holds } of proofs) {
      this.say(`${''.padEnd(labelWidth)}${holds ? 'proved' : 'FAILED'}: ${claim} (${found})`)
    }
    this.say('')
  }

  /** The one document of --json. */
  finish(summary: Record<string, unknown>): void {
    if (!this.#json) return
    const steps = this.#steps.map(({ numbers, proofs, title }) => ({ title, numbers, proofs }))
    console.log(JSON.stringify({ ok: this.holds, ...summary, steps }))
  }

  /** A bar on a terminal; elsewhere a line now and then; nothing with --json. */
  progress(what: string, total: number): (done: number) => void {
    if (this.#json) return () => {}
    if (process.stderr.isTTY) {
      const bar = new progress.SingleBar({
        format: `${what.padEnd(labelWidth)}{bar} {percentage}%  {value} of {total}`,
        hideCursor: true,
        clearOnComplete: true,
      })
      bar.start(total, 0)
      return (done) => {
        bar.update(done)
        if (done >= total) bar.stop()
      }
    }
    let next = 0.25
    return (done) => {
      if (done < next * total) return
      console.log(`${what.padEnd(labelWidth)}${Math.floor((100 * done) / total)} % of ${count(total)}`)
      next = Math.floor((4 * done) / total) / 4 + 0.25
    }
  }
}

/** Milliseconds that `run` took, and its result. */
export async function timed<T>(run: () => Promise<T> | T): Promise<{ ms: number; result: T }> {
  const began = performance.now()
  const result = await run()
  return { ms: performance.now() - began, result }
}

export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US')
}

/** `1,234,567 a second`. */
export function rate(n: number, ms: number): string {
  return `${count((n / ms) * 1000)} a second`
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`
}
