import type { BurrowError } from '../base/errors.ts'
import { JobTable } from '../manifest/job-table.ts'
import { type NativeEngine, native } from '../native.ts'
import type { Place } from './open.ts'
import type { RunJob } from './recover.ts'

export interface WorkbenchOptions {
  /** 32 hex digits; what outputs carry. */
  readonly databaseId: string
  readonly nextFileNumber: number
  /** Only jobs that change nothing are accepted. */
  readonly readOnly: boolean
  /** Of compactions and copies; 0: unlimited. */
  readonly bytesPerSecond?: number
  readonly threads?: number
}

/** A native pool over a directory whose database is not open: for tools that repair, verify, copy. */
export interface Workbench {
  readonly engine: NativeEngine
  readonly run: RunJob
}

/** Runs `work`; afterwards every job has ended and nothing of the directory is open any more. */
export async function withWorkbench<T>(
  { env, directory }: Place,
  { bytesPerSecond = 0, databaseId, nextFileNumber, readOnly, threads = 2 }: WorkbenchOptions,
  work: (bench: Workbench) => Promise<T>,
): Promise<T> {
  let complete = () => {}
  const engine = native.openEngine(env, {
    directory,
    databaseId,
    memtableSize: 64 << 20,
    blockCacheSize: 8 << 20,
    maxOpenFiles: 100,
    jobThreads: threads,
    readThreads: 1,
    compactionBytesPerSecond: bytesPerSecond,
    maxOpenScans: 1,
    statistics: false,
    readOnly,
    nextFileNumber,
    onProgress: () => complete(),
  })
  const jobs = new JobTable(engine)
  complete = () => jobs.complete()
  engine.ref()
  try {
    return await work({
      engine,
      run: (spec) =>
        new Promise((done, failed) => {
          jobs.submit(spec, (completion, error: BurrowError | undefined) =>
            error === undefined ? done(completion) : failed(error),
          )
        }),
    })
  } finally {
    engine.unref()
    engine.close()
  }
}
