import { BurrowError, isBurrowError } from '../base/errors.ts'
import { metaOf } from '../compaction/background.ts'
import { fileName } from '../manifest/file-names.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import type { NativeEnv } from '../native.ts'
import { problemOf, type VerifyProblem } from './directory-outline.ts'
import type { Place } from './open.ts'
import type { RunJob } from './recover.ts'

/** A table that the manifest names, or one of which nothing is known but that it is there. */
export interface TableFile {
  readonly number: number
  readonly level?: number
  readonly table?: TableMeta
}

export interface TableOutcome {
  readonly records: number
  readonly problem?: VerifyProblem
  /** The manifest does not name it any more, and it is not all there. */
  readonly replaced?: boolean
}

/**
 * Reads the whole table, and holds its properties against the manifest: with true bounds in the manifest, levels that do
 * not overlap there do not overlap in the files. `isLive`: whether the manifest still names a table.
 */
export async function verifyTable(
  { directory, env }: Place,
  run: RunJob,
  isLive: (number: number) => Promise<boolean>,
  { level, number, table }: TableFile,
): Promise<TableOutcome> {
  const file = `${directory}/${fileName('table', number)}`
  try {
    if (table !== undefined) checkFile(env, file, level!, table)
    const { table: info } = await run({ type: 'verifyTable', number })
    const difference = table && differenceOf(metaOf(info!, table.createdAt), table)
    if (difference !== undefined) throw damaged(`${file}: ${difference}`, file)
    return { records: info!.entries + info!.rangeTombstones }
  } catch (error) {
    if (!isBurrowError(error) || error.code === 'BURROW_ABORTED' || error.code === 'BURROW_CLOSED')
      throw error
    // A writer deletes a table once the manifest does not name it any more.
    if (table !== undefined && !(await isLive(number))) return { records: 0, replaced: true }
    return { records: 0, problem: { ...problemOf(error, file), ...(level === undefined ? {} : { level }) } }
  }
}

function checkFile(env: NativeEnv, file: string, level: number, table: TableMeta): void {
  if (!env.exists(file)) throw damaged(`${file}, a table of L${level}, is missing`, file)
  const size = env.fileSize(file)
  if (size !== table.size) {
    throw damaged(`${file} is ${size} bytes long; the manifest says ${table.size}`, file, size)
  }
}

/** The first field that file and manifest do not agree on. */
function differenceOf(file: TableMeta, manifest: TableMeta): string | undefined {
  const text = (value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)
  for (const name of Object.keys(file) as (keyof TableMeta)[]) {
    const [here, there] = [text(file[name]), text(manifest[name])]
    if (here !== there) return `its ${name} is ${here}; the manifest says ${there}`
  }
  return undefined
}

function damaged(problem: string, file: string, offset?: number): BurrowError {
  const context = { operation: 'verify', file, ...(offset === undefined ? {} : { offset }) }
  return new BurrowError('BURROW_CORRUPTION', problem, { context })
}
