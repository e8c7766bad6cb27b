import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** Where files are cheap: memory, where there is such a file system. */
export function scratch(): string {
  return existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
}
