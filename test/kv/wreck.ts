/** Databases in memory, spilled to a real directory where every byte of them can be changed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NativeEnv } from '../../lib/native.ts'

/** Writes what is in a directory of `env`, without directories in it, to a new directory on the disk. */
export function spill(env: NativeEnv, from: string, to: string): void {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })
  for (const name of env.list(from)) {
    const path = `${from}/${name}`
    if (!env.isDirectory(path)) writeFileSync(join(to, name), env.readFile(path, 1 << 30))
  }
}

/**
 * Copies a database, also one that is open: `cpSync` never ends with a file that gets shorter while it is copied, as a log
 * does when it is sealed. A file that is deleted meanwhile is left out: no manifest names it any more.
 */
export function copyDirectory(from: string, to: string): string {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    try {
      if (entry.isDirectory()) copyDirectory(source, target)
      else writeFileSync(target, readFileSync(source))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return to
}

/** Changes a file: its bytes in place, or to those that are returned. */
export function overwrite(path: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(path)
  writeFileSync(path, change(bytes) ?? bytes)
}

/** Every file of a directory and below it, with its content. The lock file is left out. */
export function filesOf(directory: string): Map<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  return new Map(
    names
      .filter((name) => name !== 'LOCK' && statSync(join(directory, name)).isFile())
      .map((name) => [name, readFileSync(join(directory, name), 'latin1')]),
  )
}

/** Names of the files of one kind, by their ending or beginning. */
export function named(directory: string, pattern: RegExp): string[] {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort()
}
