import { BurrowError, isBurrowError } from '../base/errors.ts'
import { lockName, parseFileName } from '../manifest/file-names.ts'
import type { NativeEnv, NativeLock } from '../native.ts'
import { readFlag, readOptions } from './call-options.ts'
import { cancellable, type LongCallOptions, readProgress, readSignal } from './cancellation.ts'
import { locate, type Place } from './open.ts'
import { reportProgress } from './progress.ts'
import type { RepairProgress, RepairReport } from './repair-report.ts'
import { type Knowledge, readKnowledge, type Survey, survey } from './repair-survey.ts'
import { rebuild } from './repair-work.ts'
import { withWorkbench } from './workbench.ts'

export interface RepairOptions extends LongCallOptions<RepairProgress> {
  /** Changes nothing, and reports what a repair would find. Default false. */
  readonly dryRun?: boolean | undefined
  /** The file system to work in, for tests. */
  readonly env?: NativeEnv | undefined
}

const optionNames = new Set(['dryRun', 'env', 'onProgress', 'signal'] as const)

/**
 * Makes a damaged database one that opens, with everything that can be read; see RepairReport. Nothing is deleted: what
 * is damaged moves to lost/. Needs the space of what it has to rewrite. A repair that was interrupted, at any point, is
 * run again. BURROW_NOT_FOUND when there is no database, BURROW_LOCKED when it is open, BURROW_UNSUPPORTED when a newer
 * version wrote it.
 */
export async function repairDatabase(path: string, options: unknown): Promise<RepairReport> {
  const began = performance.now()
  const fields = readOptions(options, optionNames, 'repair')
  const dryRun = readFlag('dryRun', fields.dryRun, 'repair') ?? false
  const signal = readSignal(fields.signal, 'repair')
  const reporter = reportProgress(readProgress<RepairProgress>(fields.onProgress, 'repair'))
  const place = locate(path, fields.env)
  checkPresent(place, path)
  const lock = takeLock(place, dryRun)
  try {
    const knowledge = await readKnowledge(place)
    const tell = (phase: RepairProgress['phase']) => (done: number, total: number) => {
      reporter.tell({ phase, done, total })
      reporter.check()
    }
    const bench = {
      databaseId: knowledge.state.databaseId,
      nextFileNumber: nextFileNumber(place, knowledge),
      readOnly: true,
    }
    const found = await withWorkbench(place, bench, (bench) =>
      cancellable(bench, signal, 'repair', () => survey(place, knowledge, bench.run, tell('reading'))),
    )
    const sound = found.manifest === 'whole' && found.damaged.length === 0
    let filesMoved: readonly string[] = []
    if (!sound && !dryRun) {
      filesMoved = await withWorkbench(place, { ...bench, readOnly: false }, (bench) =>
        cancellable(bench, signal, 'repair', () =>
          rebuild({ place, survey: found, bench, signal, told: tell('writing') }),
        ),
      )
    }
    await reporter.settled()
    return Object.freeze({
      path,
      dryRun,
      sound,
      ...summarize(found),
      filesMoved,
      durationMs: performance.now() - began,
    })
  } finally {
    lock?.release()
  }
}

function summarize({ bytesCut, chains, damaged, kept, lastSequence, logRecords, manifest }: Survey) {
  const records = kept.map(({ table }) => table.entries)
  return {
    manifest,
    damaged,
    tablesKept: kept.length,
    recordsKept: records.reduce((sum, count) => sum + count, 0),
    logs: chains.flat().length,
    logRecords,
    bytesCut,
    lastSequence,
  }
}

function checkPresent({ directory, env }: Place, path: string): void {
  const kinds = new Set(['current', 'manifest', 'table', 'wal'])
  const present =
    env.exists(directory) &&
    env.isDirectory(directory) &&
    env.list(directory).some((name) => kinds.has(parseFileName(name)?.kind ?? ''))
  if (present) return
  throw new BurrowError('BURROW_NOT_FOUND', `there is no database in ${path}`, {
    context: { operation: 'repair', file: path },
  })
}

/** A dry run makes no lock file, and looks at a read-only file system without a lock: nobody writes there. */
function takeLock({ directory, env }: Place, dryRun: boolean): NativeLock | undefined {
  const path = `${directory}/${lockName}`
  if (dryRun && !env.exists(path)) return undefined
  try {
    return env.lock(path)
  } catch (error) {
    if (dryRun && isBurrowError(error) && error.code !== 'BURROW_LOCKED') return undefined
    throw error
  }
}

/** Above all that was ever used, as far as anything tells. */
function nextFileNumber({ directory, env }: Place, { files, state }: Knowledge): number {
  const lost = env.exists(`${directory}/lost`) ? env.list(`${directory}/lost`) : []
  const numbers = [
    ...files.map(({ number }) => number),
    ...lost.map((name) => parseFileName(name)?.number ?? 0),
  ]
  return Math.max(state.nextFileNumber, ...numbers.map((number) => number + 1))
}
