/**
 * How one process finds the address at which another one serves its database: a file in the temporary directory, named by
 * the database. The directory of the database itself stays as docs/formats.md describes it.
 */
import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Announcement {
  readonly url: string
  readonly pid: number
  /** Resolved path of the database. */
  readonly directory: string
}

function placeOf(directory: string): string {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 24)
  return join(tmpdir(), `burrowdb-${name}.serving`)
}

/** Returns the function that takes it back. Throws what the file system says. */
export function announce(path: string, url: string): () => void {
  const directory = realpathSync(path)
  const place = placeOf(directory)
  const text = `${JSON.stringify({ url, pid: process.pid, directory } satisfies Announcement)}\n`
  // What a killed process left may be there; a link that someone else put there is not followed.
  rmSync(place, { force: true })
  writeFileSync(place, text, { mode: 0o600, flag: 'wx' })
  return () => {
    if (findAnnouncement(path)?.url === url) rmSync(place, { force: true })
  }
}

/** Who serves the database; undefined when nobody has said so. It may be gone. */
export function findAnnouncement(path: string): Announcement | undefined {
  try {
    const directory = realpathSync(path)
    const found = JSON.parse(readFileSync(placeOf(directory), 'utf8')) as Partial<Announcement>
    const { pid, url } = found
    if (found.directory !== directory || typeof url !== 'string' || !Number.isSafeInteger(pid))
      return undefined
    return { directory, url, pid: pid! }
  } catch {
    return undefined
  }
}
