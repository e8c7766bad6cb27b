/** What the system says of this process, and of the files it wrote. Linux; elsewhere some figures are 0. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Bytes that this process has handed to write(2) and its relatives, the kernel's count in /proc/self/io. */
export function bytesWritten(): number {
  try {
    return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'latin1'))?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Lets peakRss begin anew; without /proc it goes on from the start of the process. */
export function resetPeakRss(): void {
  if (existsSync('/proc/self/clear_refs')) writeFileSync('/proc/self/clear_refs', '5')
}

/** The most memory that was resident since resetPeakRss, pages of mapped files included. Bytes. */
export function peakRss(): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))![1]) * 1024
  } catch {
    return process.resourceUsage().maxRSS * 1024
  }
}

const pollMillis = 20
const quietMillis = 300
const longestMillis = 600_000

/**
 * Waits for background work to end: nothing written and hardly any processor time used for 300 ms, ten minutes at most.
 * Seconds from the call to the last sign of work, on 20 ms.
 */
export async function untilIdle(): Promise<number> {
  const began = performance.now()
  let written = bytesWritten()
  let cpu = process.cpuUsage()
  let polled = began
  let lastWork = began
  for (;;) {
    await sleep(pollMillis)
    const now = performance.now()
    const { system, user } = process.cpuUsage(cpu)
    const writtenNow = bytesWritten()
    if (writtenNow !== written || (system + user) / 1000 > (now - polled) / 4) lastWork = now
    if (now - lastWork > quietMillis || now - began > longestMillis) return (lastWork - began) / 1000
    written = writtenNow
    cpu = process.cpuUsage()
    polled = now
  }
}

/** Bytes that the files of a directory take on the disk. */
export function diskUsage(directory: string): number {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0)
}
