import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { DatabaseOptions } from '../../lib/index.ts'

export const MiB = 1024 * 1024
const script = fileURLToPath(new URL('./fixtures/measure.mjs', import.meta.url))

export interface PutReport {
  /** Bytes of resident memory after opening, and at the highest of the loop. */
  readonly before: number
  readonly peak: number
  /** Records that a scan finds after opening again. */
  readonly found: number
  readonly flushes: number
  readonly stalledMs: number
}

/** Resident bytes at ten moments of the loop. */
export interface SampledReport {
  readonly samples: readonly number[]
  readonly peak?: number
  /** Iterators: how many were refused, and how many live on after garbage collection. */
  readonly refused?: number
  readonly live?: number
}

interface Tasks {
  put: PutReport
  open: SampledReport
  iterators: SampledReport
  get: SampledReport
}

/** Runs a task of fixtures/measure.mjs in a process of its own, prints what it measured and returns it. */
export async function measure<T extends keyof Tasks>(
  task: T,
  count: number,
  options: Partial<DatabaseOptions>,
): Promise<Tasks[T]> {
  const args = ['--expose-gc', script, task, String(count), JSON.stringify(options)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  console.log(`${task} ${count} ${JSON.stringify(options)}: ${inMiB(stdout)}`)
  return JSON.parse(stdout) as Tasks[T]
}

/** What memtables and caches may take, and 150 MB for everything else. */
export function allowance(options: {
  memtableSize: number
  maxMemtables?: number
  blockCacheSize: number
}): number {
  return options.memtableSize * (options.maxMemtables ?? 3) + options.blockCacheSize + 150 * MiB
}

function inMiB(report: string): string {
  return report.trim().replace(/(?<![.\d])\d{7,}/g, (bytes) => `${(Number(bytes) / MiB).toFixed(1)}Mi`)
}
