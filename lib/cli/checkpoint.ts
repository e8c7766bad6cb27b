import type { Command } from 'commander'
import { BurrowError, isBurrowError } from '../base/errors.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'
import { type BytesDatabase, withWriter } from './with-database.ts'

interface CheckpointOptions {
  readonly json?: boolean
}

export function addCheckpoint(program: Command): void {
  program
    .command('checkpoint')
    .description('make a copy that shares its bytes by hard links: a database in another directory')
    .argument('<path>', 'directory of the database, which must not be open elsewhere')
    .argument('<directory>', 'where the copy goes: empty, or not there yet')
    .option('--json', 'print the report as one JSON document')
    .action(checkpoint)
}

async function checkpoint(path: string, directory: string, { json }: CheckpointOptions): Promise<void> {
  const report = await withProgressBar('linking', (signal) =>
    withOwn(path, 'checkpoint', (db) => db.checkpoint(directory, { signal })),
  )
  if (json) return await writeJson(report)
  const { bytes, copied, durationMs, files, linked } = report
  const how = copied === 0 ? `${linked} linked` : `${linked} linked, ${copied} copied`
  await writeLine(
    `${report.path}: ${counted(files, 'file')}, ${formatBytes(bytes)} (${how}) in ${Math.round(durationMs)} ms`,
  )
}

/** Opens the database for writing. When another program has it open, only that one can copy it. */
export async function withOwn<T>(
  path: string,
  call: 'backup' | 'checkpoint',
  work: (db: BytesDatabase) => Promise<T>,
): Promise<T> {
  let opened = false
  try {
    return await withWriter(path, { createIfMissing: false }, (db) => {
      opened = true
      return work(db)
    })
  } catch (error) {
    if (opened || !isBurrowError(error) || error.code !== 'BURROW_LOCKED') throw error
    const pid = error.context.holderPid
    throw new BurrowError(
      'BURROW_LOCKED',
      `${path} is open${pid === undefined ? '' : ` in process ${pid}`}: call db.${call}() there, or close it first`,
      { context: error.context, cause: error },
    )
  }
}
