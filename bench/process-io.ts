import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes that this process has handed to write(2); 0 where there is no /proc. */
export function bytesWritten(): number {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Waits for background work to end: until nothing was written for a quarter of a second, a minute at most. */
export async function settle(): Promise<void> {
  let before = -1
  for (let i = 0; i < 240 && before !== bytesWritten(); i++) {
    before = bytesWritten()
    await sleep(250)
  }
}

/** Bytes that the files of a directory take on the disk. */
export function diskUsage(directory: string): number {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0)
}
