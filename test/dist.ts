import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

/** A compiled file, for tests that run programs: see compile.ts. */
export function distFile(path: string): string {
  return join(root, 'dist', path)
}
