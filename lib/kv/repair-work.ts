import { compareLargest } from '../base/key-span.ts'
import { deltaOf, finishedTables } from '../compaction/background.ts'
import { fileName, parseFileName } from '../manifest/file-names.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import { Version } from '../manifest/version.ts'
import { encodeVersionEdit } from '../manifest/version-edit.ts'
import { type ManifestState, snapshotEdit } from '../manifest/version-set.ts'
import type { JobCompletion } from '../native.ts'
import { compareBytes } from '../util/bytes.ts'
import { MiB } from '../util/units.ts'
import { checkSignal } from './cancellation.ts'
import type { Place } from './open.ts'
import { replayLogs } from './recover.ts'
import { arrange, type KeptTable } from './repair-order.ts'
import { type Survey, tableFormat } from './repair-survey.ts'
import type { Workbench } from './workbench.ts'

const mergedFileSize = 64 * MiB

export interface Rebuilding {
  readonly place: Place
  readonly survey: Survey
  readonly bench: Workbench
  readonly signal: AbortSignal | undefined
  readonly told: (done: number, total: number) => void
}

/**
 * Makes the directory a sound database again; the names of the files that moved to lost/. Until CURRENT names the new
 * manifest nothing that was there is touched; from then on what is left is to move files, which the next open does as
 * well: the manifest says so.
 */
export async function rebuild(work: Rebuilding): Promise<string[]> {
  const outputs: number[] = []
  let placed: readonly { level: number; table: TableMeta }[]
  try {
    placed = await makeTables(work, outputs)
    checkSignal(work.signal, 'repair')
  } catch (error) {
    // Best effort: tables that nothing names do no harm.
    await work.bench
      .run({ type: 'deleteFiles', files: outputs.map((number) => ({ kind: 'table', number })) })
      .catch(() => {})
    throw error
  }
  const manifest = await switchTo(work, placed)
  const moved = await moveRest(work, placed, manifest)
  await work.bench.run({ type: 'manifestAppend', record: encodeVersionEdit({ keepUnnamed: false }) })
  return moved
}

/** Writes what is saved of damaged tables, logs and tables without order to new tables. All that count, with levels. */
async function makeTables(
  work: Rebuilding,
  outputs: number[],
): Promise<{ level: number; table: TableMeta }[]> {
  const { bench, signal, survey } = work
  const steps = survey.salvage.length + survey.chains.length
  let done = 0
  const step = () => {
    checkSignal(signal, 'repair')
    work.told(done++, steps)
  }
  const note = (completion: JobCompletion): TableMeta[] => {
    outputs.push(...(completion.outputs ?? []).map(({ number }) => number))
    return finishedTables(completion)
  }
  const tables: KeptTable[] = [...survey.kept]
  for (const { level, number, table } of survey.salvage) {
    step()
    const output = bench.engine.newFileNumber()
    outputs.push(output)
    const saved = note(await bench.run({ type: 'salvageTable', number, output, format: tableFormat() }))
    for (const rest of saved) {
      // A file that took another's place is as good as one without a level.
      tables.push({ table: rest, level: table !== undefined && isPartOf(rest, table) ? level : undefined })
    }
  }
  for (const chain of survey.chains) {
    step()
    for (const table of await flushLogs(work, chain, note)) tables.push({ table, level: undefined })
  }
  const { merges, placed } = arrange(tables)
  const added = [
    ...placed,
    ...merges.flatMap((group) => group.tables.map(({ table }) => ({ table, level: 0 }))),
  ]
  bench.engine.install(deltaOf({ added }, 0))
  const merged: { level: number; table: TableMeta }[] = []
  for (const [index, { level, tables }] of merges.entries()) {
    checkSignal(signal, 'repair')
    work.told(steps + index, steps + merges.length)
    const completion = await bench.run({
      type: 'compact',
      priority: 'compaction',
      inputs: [{ level: 0, tables: tables.map(({ table }) => table.number) }],
      outputLevel: level,
      targetFileSize: mergedFileSize,
      maxGrandparentOverlap: Number.MAX_SAFE_INTEGER,
      format: tableFormat(tables[0]!.table.codec),
    })
    merged.push(...note(completion).map((table) => ({ level, table })))
  }
  return [...placed, ...merged]
}

function isPartOf(part: TableMeta, whole: TableMeta): boolean {
  return (
    compareBytes(part.smallest, whole.smallest) >= 0 &&
    compareLargest(part, whole) <= 0 &&
    part.smallestSeq >= whole.smallestSeq &&
    part.largestSeq <= whole.largestSeq
  )
}

/** A table for each log: unlike a log, a table can be put in order with others. */
async function flushLogs(
  { bench, place, survey }: Rebuilding,
  chain: readonly number[],
  note: (completion: JobCompletion) => TableMeta[],
): Promise<TableMeta[]> {
  const { engine, run } = bench
  const { clean } = survey.state
  const state = { clean, wals: chain, lastSequence: 0 }
  const { memtables } = await replayLogs({ ...bench, directory: place.directory, state, salvage: true })
  const tables: TableMeta[] = []
  for (const { id } of memtables) {
    tables.push(
      ...note(await run({ type: 'flush', memtables: [id], targetFileSize: 0, format: tableFormat() })),
    )
    engine.install(deltaOf({}, 1))
  }
  return tables
}

/** Begins the manifest that has these tables and points CURRENT at it; its number. */
async function switchTo(
  { bench, survey }: Rebuilding,
  placed: readonly { level: number; table: TableMeta }[],
): Promise<number> {
  const number = bench.engine.newFileNumber()
  const state: ManifestState = {
    ...survey.state,
    version: Version.empty.apply({ added: placed }),
    nextFileNumber: number + 1,
    lastSequence: Math.max(survey.lastSequence, ...placed.map(({ table }) => table.largestSeq)),
    wals: [],
    clean: null,
    keepUnnamed: true,
  }
  await bench.run({ type: 'manifestCreate', number, records: [encodeVersionEdit(snapshotEdit(state))] })
  return number
}

/** Everything that the new manifest does not name goes to lost/. */
async function moveRest(
  { bench, place: { directory, env } }: Rebuilding,
  placed: readonly { table: TableMeta }[],
  manifest: number,
): Promise<string[]> {
  const live = new Set(placed.map(({ table }) => fileName('table', table.number)))
  live.add(fileName('manifest', manifest))
  const names = env.list(directory).filter((name) => {
    const kind = parseFileName(name)?.kind
    return (kind === 'table' || kind === 'wal' || kind === 'manifest') && !live.has(name)
  })
  if (names.length > 0) await bench.run({ type: 'moveToLost', names })
  return names.sort()
}
