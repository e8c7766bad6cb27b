import { resolve } from 'node:path'
import { BurrowError, invalidArgument, isBurrowError } from '../base/errors.ts'
import { currentName, fileName, lockName } from '../manifest/file-names.ts'
import { encodeVersionEdit } from '../manifest/version-edit.ts'
import { snapshotEdit } from '../manifest/version-set.ts'
import type { NativeEnv } from '../native.ts'
import { describeValue } from '../util/describe-value.ts'
import { readOptions } from './call-options.ts'
import {
  attempt,
  cancellable,
  checkSignal,
  forEachParallel,
  type LongCallOptions,
  readSignal,
} from './cancellation.ts'
import { type Capture, captureFiles } from './capture.ts'
import type { ControlPlane } from './control-plane.ts'
import { makeDirectory, memoryPath, type OpenedFiles, type Place } from './open.ts'
import { type Workbench, withWorkbench } from './workbench.ts'

export type CheckpointOptions = Pick<LongCallOptions<never>, 'signal'>

/** What `db.checkpoint` made. */
export interface CheckpointReport {
  readonly path: string
  /** Tables and logs, and their bytes. */
  readonly files: number
  readonly bytes: number
  /** How many of them share their bytes with the database, and how many had to be copied. */
  readonly linked: number
  readonly copied: number
  /** Sequence number of the last write in it. */
  readonly sequence: number
  readonly durationMs: number
}

const optionNames = new Set(['signal'] as const)
/** Files at once; a pool keeps one thread more for flushes. */
const parallel = 2

export function readCheckpointOptions(options: unknown): CheckpointOptions {
  return { signal: readSignal(readOptions(options, optionNames, 'checkpoint').signal, 'checkpoint') }
}

/** Where a copy of an open database goes: on the file system that has the database. */
export function destination({ options, path, place }: OpenedFiles, target: unknown, call: string): Place {
  if (typeof target !== 'string' || target === '' || target.includes('\0')) {
    throw invalidArgument(`${call} needs a directory as a non-empty string, got ${describeValue(target)}`, {
      operation: call,
      value: target,
    })
  }
  if (options.env !== undefined) return { env: place.env, directory: target }
  if (path !== memoryPath) return { env: place.env, directory: resolve(target) }
  throw new BurrowError(
    'BURROW_UNSUPPORTED',
    `${call}: a database in '${memoryPath}' has no files; write its entries to a database in a directory`,
    { context: { operation: call, feature: `${call} of ${memoryPath}` } },
  )
}

/**
 * Makes a database in the directory `target` with everything written before the call, by hard links where the file
 * system can. CURRENT comes last: before, there is no database. What a failure leaves is removed.
 */
export async function checkpoint(
  plane: ControlPlane,
  source: Place,
  target: Place,
  { signal }: CheckpointOptions,
): Promise<CheckpointReport> {
  const began = performance.now()
  checkSignal(signal, 'checkpoint')
  const isNew = checkTarget(target)
  const capture = await captureFiles(plane, false)
  try {
    checkSignal(signal, 'checkpoint')
    const parts = new CheckpointFiles(source, target, isNew)
    const made = await parts.make(capture, signal)
    return {
      path: target.directory,
      ...made,
      sequence: capture.sequence,
      durationMs: performance.now() - began,
    }
  } finally {
    capture.release()
  }
}

/** True when the directory has to be made. Throws BURROW_EXISTS when anything is in it. */
function checkTarget({ env, directory }: Place): boolean {
  if (!env.exists(directory)) return true
  const context = { operation: 'checkpoint', file: directory }
  if (!env.isDirectory(directory)) {
    throw invalidArgument(`${directory} is a file; a checkpoint is a directory`, context)
  }
  const [first] = env.list(directory)
  if (first === undefined) return false
  const half = env.exists(`${directory}/${currentName}`)
    ? ''
    : ` Without ${currentName} it is no checkpoint: when an interrupted call left it, delete it.`
  throw new BurrowError(
    'BURROW_EXISTS',
    `${directory} is not empty: it has ${first}. A checkpoint needs a directory of its own.${half}`,
    { context },
  )
}

type Made = Pick<CheckpointReport, 'files' | 'bytes' | 'linked' | 'copied'>

class CheckpointFiles {
  readonly #env: NativeEnv
  readonly #source: string
  readonly #target: Place
  readonly #isNew: boolean
  readonly #made: string[] = []
  #linked = 0
  #copied = 0
  #bytes = 0

  constructor(source: Place, target: Place, isNew: boolean) {
    this.#env = target.env
    this.#source = source.directory
    this.#target = target
    this.#isNew = isNew
  }

  async make(capture: Capture, signal: AbortSignal | undefined): Promise<Made> {
    makeDirectory(this.#target)
    const lock = this.#env.lock(`${this.#target.directory}/${lockName}`)
    let failed = true
    try {
      await this.#fill(capture, signal)
      failed = false
    } finally {
      if (failed) this.#removeFiles()
      lock.release()
      if (failed) this.#removeDirectory()
    }
    return {
      files: this.#linked + this.#copied,
      bytes: this.#bytes,
      linked: this.#linked,
      copied: this.#copied,
    }
  }

  async #fill({ state, tables, wals }: Capture, signal: AbortSignal | undefined): Promise<void> {
    const { directory } = this.#target
    const names = [
      ...tables.map(({ number }) => fileName('table', number)),
      ...wals.map((number) => fileName('wal', number)),
    ]
    const { databaseId, nextFileNumber: manifest } = state
    const made = { ...state, nextFileNumber: manifest + 1 }
    const config = { databaseId, nextFileNumber: manifest, readOnly: false, threads: parallel + 1 }
    await withWorkbench(this.#target, config, (bench) =>
      cancellable(bench, signal, 'checkpoint', async () => {
        await forEachParallel(names, parallel, async (name) => {
          checkSignal(signal, 'checkpoint')
          await this.#add(bench, name)
        })
        this.#env.syncDir(directory)
        checkSignal(signal, 'checkpoint')
        this.#made.push(currentName, fileName('manifest', manifest), fileName('temp', manifest))
        const records = [encodeVersionEdit(snapshotEdit(made))]
        await bench.run({ type: 'manifestCreate', number: manifest, records })
      }),
    )
  }

  async #add(bench: Workbench, name: string): Promise<void> {
    const [from, to] = [`${this.#source}/${name}`, `${this.#target.directory}/${name}`]
    this.#made.push(name)
    this.#bytes += this.#env.fileSize(from)
    // What one file system refuses for one file it refuses for all.
    if (this.#copied === 0 && (await tryLink(bench, from, to))) {
      this.#linked++
      return
    }
    await bench.run({ type: 'copyFile', from, to })
    this.#copied++
  }

  /** Best effort: what stays is no database, since CURRENT goes first. */
  #removeFiles(): void {
    const { directory } = this.#target
    for (const name of this.#made.reverse()) attempt(() => this.#env.remove(`${directory}/${name}`))
  }

  #removeDirectory(): void {
    const { directory } = this.#target
    attempt(() => this.#env.remove(`${directory}/${lockName}`))
    if (this.#isNew) attempt(() => this.#env.removeDir(directory))
  }
}

/** False when the file system cannot. */
async function tryLink(bench: Workbench, from: string, to: string): Promise<boolean> {
  try {
    await bench.run({ type: 'copyFile', from, to, link: true })
    return true
  } catch (error) {
    if (isBurrowError(error) && error.code === 'BURROW_UNSUPPORTED') return false
    throw error
  }
}
