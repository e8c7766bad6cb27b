import { statSync } from 'node:fs'
import { UsageError } from '../failure.ts'
import type { WorkloadName } from './workload-names.ts'

/** What is profiled. */
export type Subject =
  /** Our reads of a database. */
  | {
      readonly kind: 'workload'
      readonly path: string
      readonly workload: WorkloadName
      readonly seconds: number
    }
  | { readonly kind: 'command'; readonly command: readonly string[] }
  /** `path`: the database that it serves, if that is known. */
  | {
      readonly kind: 'process'
      readonly pid: number
      readonly path: string | undefined
      readonly seconds: number
    }

/** Throws UsageError for what makes no sense. */
export function subjectOf(
  operands: readonly string[],
  {
    pid,
    seconds,
    workload,
  }: { readonly pid?: number; readonly seconds: number; readonly workload: WorkloadName },
): Subject {
  const [first, ...rest] = operands
  if (pid !== undefined) {
    if (rest.length > 0) throw new UsageError('with --pid there is no command to run')
    return { kind: 'process', pid, path: first, seconds }
  }
  if (first === undefined)
    throw new UsageError('name a database, or a command behind --, or a process with --pid')
  if (rest.length === 0 && isDirectory(first)) return { kind: 'workload', path: first, workload, seconds }
  return { kind: 'command', command: operands }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

/** For titles and summaries. */
export function describeSubject(subject: Subject): string {
  if (subject.kind === 'command') return subject.command.join(' ')
  if (subject.kind === 'process') return `process ${subject.pid}`
  return `${subject.workload} of ${subject.path}`
}
