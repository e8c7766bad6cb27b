import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type BurrowError, Database, type RecoveryReport } from '../../lib/index.ts'
import { scratch } from './scratch.ts'
import { type Contents, openOptions, readFiles, type Specimen } from './specimens.ts'

/** What became of a damaged database: it did not open, or reading failed, or it was read. */
export type Outcome =
  | { readonly kind: 'refused'; readonly error: BurrowError }
  | { readonly kind: 'failed'; readonly error: BurrowError }
  | { readonly kind: 'read'; readonly contents: Contents; readonly recovery: RecoveryReport }

/** Puts damaged copies of specimens on the disk, opens them and reads everything in every direction. */
export class Trial {
  readonly #codes: readonly string[]
  readonly #honest: boolean
  readonly directory = mkdtempSync(join(scratch(), 'burrow-rot-'))
  #there: ReadonlyMap<string, Buffer> = new Map()
  cases = 0
  refused = 0
  failed = 0
  /** Cases that lost the end of the log, and said so. */
  cut = 0

  /** `codes`: what errors may be. `honest`: answers must agree with each other, and errors say where. */
  constructor(codes: readonly string[] = ['BURROW_CORRUPTION'], honest = true) {
    this.#codes = codes
    this.#honest = honest
  }

  /** Throws for anything that contradicts itself, and for errors that do not say what they should. */
  async run(files: ReadonlyMap<string, Buffer>, keys: readonly string[]): Promise<Outcome> {
    this.cases++
    this.#write(files)
    let db: Database
    try {
      db = await Database.open(this.directory, openOptions)
    } catch (error) {
      // What cannot be opened is left as it was; so the next case needs to write only what differs.
      const left = readFiles(this.directory)
      if (!isDeepStrictEqual(left, new Map(files)))
        throw new Error('a failing open changed files', { cause: error })
      this.refused++
      return { kind: 'refused', error: this.#checked(error) }
    }
    this.#there = new Map()
    try {
      const contents = await readAll(db, keys, this.#honest)
      return { kind: 'read', contents, recovery: db.recovery }
    } catch (error) {
      this.failed++
      return { kind: 'failed', error: this.#checked(error) }
    } finally {
      await db.close()
    }
  }

  #write(files: ReadonlyMap<string, Buffer>): void {
    if (this.#there.size === 0) {
      rmSync(this.directory, { recursive: true, force: true })
      mkdirSync(this.directory)
    }
    for (const name of this.#there.keys()) if (!files.has(name)) rmSync(join(this.directory, name))
    for (const [name, bytes] of files) {
      if (this.#there.get(name) !== bytes) writeFileSync(join(this.directory, name), bytes)
    }
    this.#there = new Map(files)
  }

  /** An error names a file of the database, and says where in it unless all of it is meant. */
  #checked(error: unknown): BurrowError {
    const { code, context, message } = error as BurrowError
    const wrong = (what: string) => new Error(`${what}: ${message}`, { cause: error })
    if (!this.#codes.includes(code)) throw wrong(code ?? 'an error without a code')
    if (!this.#honest) return error as BurrowError
    const { file, offset } = context
    if (file === undefined || !file.startsWith(this.directory)) throw wrong(`names the file ${file}`)
    if (!message.includes(basename(file))) throw wrong('does not say which file')
    const whole = /CURRENT|is missing|belongs to/.test(message)
    if (!whole && typeof offset !== 'number') throw wrong('does not say where')
    return error as BurrowError
  }

  end(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/** Reads in every way. Where the files are `honest`, every answer must agree with every other. */
async function readAll(db: Database, keys: readonly string[], honest: boolean): Promise<Contents> {
  const contents = [...db.entries()]
  const backwards = await db.entries({ reverse: true }).all()
  const values = await db.getMany(keys)
  const found = new Map(contents)
  const differs = keys.find((key, i) => db.getSync(key) !== values[i] || values[i] !== found.get(key))
  if (!honest) return contents
  if (!isDeepStrictEqual(backwards.reverse(), contents)) throw new Error('scans differ by direction')
  if (differs !== undefined) throw new Error(`gets of ${differs} and scans differ`)
  return contents
}

/** Keys of the specimen at any time, and some that never were. */
export function keysOf({ history }: Specimen): string[] {
  const keys = new Set(history.flatMap((contents) => contents.map(([key]) => key)))
  return [...keys, 'k1', 'k20', 'k30', 'k555', 'zebra']
}
