import { once } from 'node:events'

/** Whoever read our standard output has gone away. */
export class OutputClosed extends Error {}

let failure: Error | undefined
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  failure ??= error.code === 'EPIPE' ? new OutputClosed() : error
})

/** Writes to standard output; resolves when it can take more. Throws OutputClosed, or why it cannot be written. */
export async function write(data: string | Uint8Array): Promise<void> {
  if (failure !== undefined) throw failure
  if (!process.stdout.write(data)) {
    const waiting = new AbortController()
    const { signal } = waiting
    const ended = () => undefined
    await Promise.race([
      once(process.stdout, 'drain', { signal }).catch(ended),
      once(process.stdout, 'close', { signal }).catch(ended),
    ])
    waiting.abort()
  }
  if (failure !== undefined) throw failure
}

export function writeLine(text: string): Promise<void> {
  return write(`${text}\n`)
}

export function writeJson(document: unknown): Promise<void> {
  return writeLine(JSON.stringify(document))
}

/** Throws what came of the last writes. */
export async function finishOutput(): Promise<void> {
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()))
  // The stream tells its callbacks before it emits the error.
  await new Promise((resolve) => setImmediate(resolve))
  if (failure !== undefined) throw failure
}

/** How a list of records is printed: as text, as one JSON array, or as one JSON document a line. */
export type ListForm = 'text' | 'json' | 'jsonl'

/** Prints records as they come. A list that fails on the way leaves a JSON array open; the exit code tells. */
export class ListWriter {
  readonly #form: ListForm
  #first = true

  constructor(form: ListForm) {
    this.#form = form
  }

  /** One write for all of them: `text` for people, `json` a plain document. */
  async add<T>(
    records: readonly T[],
    text: (record: T) => string,
    json: (record: T) => unknown,
  ): Promise<void> {
    if (records.length === 0) return
    if (this.#form === 'text') return await write(records.map((one) => `${text(one)}\n`).join(''))
    await this.addTexts(records.map((one) => JSON.stringify(json(one))))
  }

  /** Documents that are JSON texts, each on one line. REQUIRES: the form is not `text`. */
  async addTexts(documents: readonly string[]): Promise<void> {
    if (documents.length === 0) return
    if (this.#form === 'jsonl') return await write(`${documents.join('\n')}\n`)
    const opening = this.#first ? '[' : ',\n'
    this.#first = false
    await write(opening + documents.join(',\n'))
  }

  async end(): Promise<void> {
    if (this.#form === 'json') await write(this.#first ? '[]\n' : ']\n')
  }
}
