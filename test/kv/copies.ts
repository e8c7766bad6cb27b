import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest'
import type { Database } from '../../lib/index.ts'
import { verifyDirectory } from '../../lib/kv/verify.ts'
import { copyDirectory, named, overwrite } from './wreck.ts'

/** The copy of a database that the running test may damage. */
export interface Copy {
  readonly path: string
  /** Where the copies are, for what else a test puts on the disk; removed after the last test. */
  readonly folder: string
  /** Path of a file in it. */
  file(name: string): string
  /** Names of the files of one kind, sorted. */
  names(pattern: RegExp): string[]
  /** Changes a file: its bytes in place, or to those that are returned. */
  change(name: string, edit: (bytes: Buffer) => Buffer | undefined): void
}

/**
 * Gives each test of the file its own copy of the database that `make` fills once: as a killed process leaves it, or
 * closed.
 */
export function copyForEachTest(end: 'killed' | 'closed', make: (path: string) => Promise<Database>): Copy {
  let folder = ''
  let path = ''
  let copies = 0
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'burrow-copies-'))
    const db = await make(join(folder, 'live'))
    if (end === 'closed') await db.close()
    // Files that are not needed any more are deleted in the background.
    else await vi.waitFor(async () => expect((await verifyDirectory(db.path)).notes).toEqual([]), 60_000)
    copyDirectory(db.path, join(folder, 'sound'))
    await db.close()
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeEach(() => {
    path = join(folder, `copy${++copies}`)
    copyDirectory(join(folder, 'sound'), path)
  })
  return {
    get path() {
      return path
    },
    get folder() {
      return folder
    },
    file: (name) => join(path, name),
    names: (pattern) => named(path, pattern),
    change: (name, edit) => overwrite(join(path, name), edit),
  }
}
