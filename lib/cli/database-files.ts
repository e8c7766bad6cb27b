import { BurrowError, isBurrowError } from '../base/errors.ts'
import { TableFileDump } from '../debug/dump-table.ts'
import { currentName, fileName, parseFileName } from '../manifest/file-names.ts'
import { findDatabase } from '../manifest/recovery.ts'
import type { ManifestState } from '../manifest/version-set.ts'
import { type DamagedLog, type FileKind, type LogContents, native } from '../native.ts'

/** Reads single files of a database that need not be able to open. Changes nothing, takes no lock. */
export class DatabaseFiles {
  readonly #env = native.posixEnv()
  readonly directory: string
  /** What the manifest says; undefined when it cannot be read, or names what is not there. */
  readonly state: ManifestState | undefined

  /** Throws BURROW_NOT_FOUND when there is no such directory. */
  constructor(directory: string) {
    this.directory = directory
    if (!this.#env.exists(directory) || !this.#env.isDirectory(directory)) {
      throw new BurrowError('BURROW_NOT_FOUND', `there is no directory ${directory}`, {
        context: { file: directory },
      })
    }
    this.state = this.#readState()
  }

  /** Numbers of the files of a kind that are there, ascending. */
  numbers(kind: FileKind): number[] {
    const files = this.#env.list(this.directory).flatMap((name) => parseFileName(name) ?? [])
    return files.flatMap((file) => (file.kind === kind ? file.number : [])).sort((a, b) => a - b)
  }

  /** The manifest that CURRENT names; the newest one when it names none. */
  currentManifest(): number {
    const path = this.#path(currentName)
    const text = this.#env.exists(path) ? this.#env.readFile(path, 64).toString('latin1').trim() : ''
    const named = parseFileName(text)
    const number = named?.kind === 'manifest' ? named.number : this.numbers('manifest').at(-1)
    if (number !== undefined) return number
    throw new BurrowError('BURROW_NOT_FOUND', `there is no manifest in ${this.directory}`, {
      context: { file: this.directory },
    })
  }

  /** A log up to its end, or up to its damage. */
  readLog(kind: 'wal' | 'manifest', number: number): LogContents | DamagedLog {
    const clean = kind === 'wal' && this.state?.clean?.wal === number ? this.state.clean.length : undefined
    return native.readLog(this.#env, this.#path(fileName(kind, number)), kind, number, undefined, clean, true)
  }

  openTable(number: number): TableFileDump {
    return new TableFileDump(this.#env, this.#path(fileName('table', number)), number)
  }

  #path(name: string): string {
    return `${this.directory}/${name}`
  }

  #readState(): ManifestState | undefined {
    try {
      return findDatabase(this.#env, this.directory)?.state
    } catch (error) {
      if (isBurrowError(error)) return undefined
      throw error
    }
  }
}
