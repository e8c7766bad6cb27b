import { type BurrowError, isBurrowError } from '../base/errors.ts'
import { metaOf } from '../compaction/background.ts'
import { type DatabaseFile, fileName, parseFileName } from '../manifest/file-names.ts'
import { checkUnnamedLogs, fileProblems, readCurrent } from '../manifest/recovery.ts'
import { readManifestRemains } from '../manifest/remains.ts'
import type { TableMeta } from '../manifest/table-meta.ts'
import { type ManifestState, newManifestState } from '../manifest/version-set.ts'
import { type JobCompletion, native, type TableFormat } from '../native.ts'
import { forEachParallel } from './cancellation.ts'
import type { Place } from './open.ts'
import { type ReplayedLogs, type RunJob, replayLogs } from './recover.ts'
import type { KeptTable } from './repair-order.ts'
import type { DamagedFile, RepairReport } from './repair-report.ts'
import { withWorkbench } from './workbench.ts'

type NamedFile = DatabaseFile & { readonly name: string }

/** What the manifests of a directory say, and how far that can be relied on. */
export interface Knowledge {
  readonly manifest: RepairReport['manifest']
  /** Without tables and logs when the manifest is lost. */
  readonly state: ManifestState
  /** Tables that are of no use any more. */
  readonly droppedTables: ReadonlySet<number>
  readonly damaged: readonly DamagedFile[]
  readonly files: readonly NamedFile[]
}

/** What a directory holds. */
export interface Survey extends Knowledge {
  readonly kept: readonly KeptTable[]
  /** Damaged tables of which something may be saved. */
  readonly salvage: readonly NamedTable[]
  /** Logs to replay. Inside a chain, a log behind one that a crash cut short does not count. */
  readonly chains: readonly (readonly number[])[]
  readonly logRecords: number
  readonly bytesCut: number
  readonly lastSequence: number
}

/** Reads what the manifests say; which one counts when CURRENT is of no use. Throws for what is no damage. */
export async function readKnowledge(place: Place): Promise<Knowledge> {
  const { directory, env } = place
  const files = env.list(directory).flatMap((name) => {
    const parsed = parseFileName(name)
    return parsed === undefined ? [] : [{ name, ...parsed }]
  })
  const damaged: DamagedFile[] = []
  const manifests = numbersOf(files, 'manifest').reverse()
  const current = currentManifest(place, files, damaged)
  if (current !== undefined && !manifests.includes(current)) {
    damaged.push(damagedFile('manifest', current, 'it is missing, but CURRENT names it', true))
  }
  const candidates = manifests.filter((number) => number === current)
  // A newer one is what a crash left before CURRENT named it; all its files are there, too.
  candidates.push(...manifests.filter((number) => number !== current))
  const expected = current ?? manifests[0]
  for (const number of candidates) {
    const remains = readManifestRemains(env, directory, number)
    const { damage, droppedTables, state } = remains
    if (damage !== undefined && (number === expected || state !== undefined)) {
      damaged.push(damagedFile('manifest', number, problemOf(damage), false))
    }
    if (state === undefined) continue
    const whole =
      number === expected &&
      damage === undefined &&
      isTheLastWord(place, files, number, remains, state, current)
    if (number === expected && damage === undefined && !whole) {
      damaged.push(
        damagedFile('manifest', number, 'it had more edits once: it does not fit the other files', false),
      )
    }
    const older = manifests.filter((each) => each < number)
    const dropped = new Set([...droppedTables, ...droppedBefore(place, older, state)])
    return { manifest: whole ? 'whole' : 'partial', state, droppedTables: dropped, damaged, files }
  }
  if (manifests.length === 0 && current === undefined) {
    damaged.push({ ...damagedFile('manifest', 0, 'there is none', true), file: 'MANIFEST' })
  }
  const state = newManifestState(await findDatabaseId(place, files))
  return { manifest: 'lost', state, droppedTables: new Set(), damaged, files }
}

/** Tables that older manifests have named and that are not in `state`: no edit brings a table back. */
function droppedBefore(
  { directory, env }: Place,
  manifests: readonly number[],
  state: ManifestState,
): number[] {
  const live = new Set([...state.version.all()].map(({ table }) => table.number))
  const named = manifests.flatMap((number) => {
    const { droppedTables, state: known } = readManifestRemains(env, directory, number)
    if (known?.databaseId !== state.databaseId) return []
    return [...droppedTables, ...[...known.version.all()].map(({ table }) => table.number)]
  })
  return named.filter((number) => !live.has(number))
}

function currentManifest({ directory, env }: Place, files: readonly NamedFile[], damaged: DamagedFile[]) {
  const base = { file: 'CURRENT', kind: 'current', recordsSaved: 0, recordsLost: 0, lost: [] } as const
  if (!files.some(({ kind }) => kind === 'current')) {
    damaged.push({ ...base, problem: 'it is missing', missing: true })
    return undefined
  }
  try {
    return readCurrent(env, directory)
  } catch (error) {
    if (!isDamage(error)) throw error
    damaged.push({ ...base, problem: problemOf(error), missing: false })
    return undefined
  }
}

/**
 * Whether a manifest without damage can be the state of the database. One with a torn tail, or one that CURRENT does not
 * name, may lack edits: then files are missing that a later edit dropped, or logs are there that none names.
 */
function isTheLastWord(
  { directory, env }: Place,
  files: readonly NamedFile[],
  manifest: number,
  { end, torn }: { readonly end: number; readonly torn: boolean },
  state: ManifestState,
  current: number | undefined,
): boolean {
  const missing = [...fileProblems(env, directory, state)].some((problem) => problem.missing)
  if (missing && (torn || current === undefined)) return false
  const named = new Set(state.wals)
  const orphans = files.flatMap(({ kind, name, number }) =>
    kind === 'wal' && !named.has(number) ? [{ kind, name, number }] : [],
  )
  const found = { state, manifest, manifestBytesCut: 0, manifestEnd: end, orphans, nextFileNumber: 0 }
  try {
    checkUnnamedLogs(env, directory, found)
    return true
  } catch (error) {
    if (!isDamage(error)) throw error
    return false
  }
}

/** The id that most tables carry; else the one of a log; else a new one. */
async function findDatabaseId(place: Place, files: readonly NamedFile[]): Promise<string> {
  const { directory, env } = place
  const votes = new Map<string, number>()
  const vote = (id: string | undefined) => {
    if (id !== undefined) votes.set(id, (votes.get(id) ?? 0) + 1)
  }
  for (const number of numbersOf(files, 'table')) {
    try {
      vote(native.dumpTable(env, `${directory}/${fileName('table', number)}`, number, 0).info.databaseId)
    } catch (error) {
      if (!isDamage(error)) throw error
    }
  }
  if (votes.size === 0) {
    const bench = { databaseId: '0'.repeat(32), nextFileNumber: 1, readOnly: true }
    await withWorkbench(place, bench, async ({ run }) => {
      for (const number of numbersOf(files, 'table')) {
        vote((await unlessDamaged(run({ type: 'salvageTable', number, format: tableFormat() })))?.databaseId)
      }
      if (votes.size > 0) return
      for (const number of numbersOf(files, 'wal')) {
        vote((await unlessDamaged(run({ type: 'surveyWal', number })))?.databaseId)
      }
    })
  }
  const [winner] = [...votes].sort((a, b) => b[1] - a[1])
  return winner?.[0] ?? native.randomDatabaseId()
}

/** Reads every table and log that may count. Changes nothing. `told` is called after each file. */
export async function survey(
  place: Place,
  knowledge: Knowledge,
  run: RunJob,
  told: (done: number, total: number) => void,
): Promise<Survey> {
  const tables = tablesThatCount(knowledge)
  const wals = logsThatMayCount(knowledge)
  const damaged = [...knowledge.damaged, ...missingFiles(knowledge)]
  const kept: KeptTable[] = []
  const salvage: NamedTable[] = []
  const total = tables.length + wals.length
  let done = 0
  await forEachParallel(tables, 2, async (named) => {
    const found = await surveyTable(place, knowledge, run, named)
    if (found.damaged !== undefined) damaged.push(found.damaged)
    if (found.kept !== undefined) kept.push(found.kept)
    if (found.salvage) salvage.push(named)
    told(++done, total)
  })
  const flushed = Math.max(0, ...kept.map(({ table }) => table.largestSeq))
  // Tables hold everything up to some write; a log below that is an old one, unless a table is gone.
  const complete = !damaged.some(({ kind }) => kind === 'table')
  const logs = { records: 0, bytesCut: 0, lastSequence: 0 }
  const chains: number[][] = []
  for (const chain of knowledge.manifest === 'whole' ? [wals] : wals.map((wal) => [wal])) {
    const read = await surveyLogs(place, knowledge.state, chain, run)
    done += chain.length
    told(done, total)
    if (
      knowledge.manifest !== 'whole' &&
      complete &&
      read.damaged.length === 0 &&
      read.lastSequence <= flushed
    )
      continue
    damaged.push(...read.damaged)
    chains.push(read.chain)
    logs.records += read.records
    logs.bytesCut += read.bytesCut
    logs.lastSequence = Math.max(logs.lastSequence, read.lastSequence)
  }
  return {
    ...knowledge,
    kept: kept.sort((a, b) => a.table.number - b.table.number),
    salvage: salvage.sort((a, b) => a.number - b.number),
    chains,
    damaged: damaged.sort((a, b) => (a.file < b.file ? -1 : 1)),
    logRecords: logs.records,
    bytesCut: logs.bytesCut,
    lastSequence: Math.max(knowledge.state.lastSequence, flushed, logs.lastSequence),
  }
}

/** A table that is there, and what the manifest says of it. */
export interface NamedTable {
  readonly number: number
  readonly level: number | undefined
  readonly table: TableMeta | undefined
}

/** Those that the manifest names; with one that is damaged or lost also the others, if no edit has dropped them. */
function tablesThatCount({ droppedTables, files, manifest, state }: Knowledge): NamedTable[] {
  const named = new Map([...state.version.all()].map((entry) => [entry.table.number, entry]))
  return numbersOf(files, 'table')
    .filter((number) => named.has(number) || (manifest !== 'whole' && !droppedTables.has(number)))
    .map((number) => ({ number, level: named.get(number)?.level, table: named.get(number)?.table }))
}

function logsThatMayCount({ files, manifest, state }: Knowledge): number[] {
  const present = numbersOf(files, 'wal')
  if (manifest === 'whole') return present.filter((number) => state.wals.includes(number))
  return present.filter((number) => number >= (state.wals[0] ?? 0))
}

function missingFiles({ files, manifest, state }: Knowledge): DamagedFile[] {
  const [tables, wals] = [new Set(numbersOf(files, 'table')), new Set(numbersOf(files, 'wal'))]
  const problem =
    manifest === 'whole' ? 'it is missing' : 'it is missing; a later edit, which is lost, may have dropped it'
  const lostTables = [...state.version.all()].filter(({ table }) => !tables.has(table.number))
  return [
    ...lostTables.map(({ level, table }) => ({
      ...damagedFile('table', table.number, problem, true),
      ...whereabouts(level, table),
      ...(manifest === 'whole' ? { recordsLost: table.entries } : {}),
    })),
    ...state.wals.filter((wal) => !wals.has(wal)).map((wal) => damagedFile('wal', wal, problem, true)),
  ]
}

interface SurveyedTable {
  readonly kept?: KeptTable
  readonly salvage?: boolean
  readonly damaged?: DamagedFile
}

async function surveyTable(
  { directory, env }: Place,
  { state }: Knowledge,
  run: RunJob,
  { level, number, table }: NamedTable,
): Promise<SurveyedTable> {
  const path = `${directory}/${fileName('table', number)}`
  const where = table === undefined ? {} : whereabouts(level!, table)
  const damaged = (problem: string, more: Partial<DamagedFile>) => ({
    damaged: { ...damagedFile('table', number, problem, false), ...where, ...more },
  })
  try {
    await run({ type: 'verifyTable', number })
    const { info } = native.dumpTable(env, path, number, 0)
    if (info.databaseId !== state.databaseId) return damaged('it belongs to another database', {})
    const found = metaOf(info, table?.createdAt ?? Number.POSITIVE_INFINITY)
    if (table === undefined || sameTable(found, table)) return { kept: { table: table ?? found, level } }
    const recordsSaved = found.entries
    return {
      kept: { table: found, level: undefined },
      ...damaged('it is not the table that the manifest means', { recordsSaved }),
    }
  } catch (error) {
    if (!isDamage(error)) throw error
    const look = await unlessDamaged(run({ type: 'salvageTable', number, format: tableFormat(table?.codec) }))
    if (look?.databaseId !== undefined && look.databaseId !== state.databaseId) {
      return damaged('it belongs to another database', {})
    }
    const { records = 0, lost = [] } = look ?? {}
    const expected = table?.entries ?? look?.expectedRecords
    const recordsLost = expected === undefined ? {} : { recordsLost: Math.max(0, expected - records) }
    return {
      salvage: look !== undefined,
      ...damaged(problemOf(error), { recordsSaved: records, ...recordsLost, lost }),
    }
  }
}

function sameTable(a: TableMeta, b: TableMeta): boolean {
  return (
    a.size === b.size &&
    a.entries === b.entries &&
    a.smallestSeq === b.smallestSeq &&
    a.largestSeq === b.largestSeq &&
    Buffer.compare(a.smallest, b.smallest) === 0 &&
    Buffer.compare(a.largest, b.largest) === 0
  )
}

interface SurveyedLogs {
  readonly chain: number[]
  readonly damaged: readonly DamagedFile[]
}

/** Replays a chain to see what is in it; logs that cannot be read at all leave it. */
async function surveyLogs(
  { directory }: Place,
  { clean }: ManifestState,
  wals: readonly number[],
  run: RunJob,
): Promise<Omit<ReplayedLogs, 'damaged'> & SurveyedLogs> {
  let chain = [...wals]
  const damaged: DamagedFile[] = []
  for (;;) {
    try {
      const state = { clean, wals: chain, lastSequence: 0 }
      const read = await replayLogs({ engine: { adoptMemtable() {} }, directory, state, run, salvage: true })
      return { ...read, chain, damaged: [...damaged, ...damagedLogs(read)] }
    } catch (error) {
      const bad = isDamage(error)
        ? chain.find((wal) => error.context.file?.endsWith(fileName('wal', wal)))
        : undefined
      if (bad === undefined) throw error
      damaged.push(damagedFile('wal', bad, problemOf(error as BurrowError), false))
      chain = chain.filter((wal) => wal !== bad)
    }
  }
}

function damagedLogs({ contents, damaged, skipped }: ReplayedLogs): DamagedFile[] {
  return damaged.map((wal) => {
    const lost = skipped
      .filter(({ file }) => file === fileName('wal', wal))
      .map(({ file: _, ...range }) => range)
    const gaps = lost.map(({ afterSequence, beforeSequence }) =>
      afterSequence === undefined || beforeSequence === undefined
        ? undefined
        : beforeSequence - afterSequence - 1,
    )
    const recordsLost = gaps.includes(undefined)
      ? {}
      : { recordsLost: gaps.reduce<number>((sum, n) => sum + n!, 0) }
    const recordsSaved = contents.find(({ number }) => number === wal)?.records ?? 0
    return {
      ...damagedFile('wal', wal, lost[0]!.problem, false),
      recordsSaved,
      lost,
      ...recordsLost,
    } as DamagedFile
  })
}

function numbersOf(files: readonly NamedFile[], wanted: DatabaseFile['kind']): number[] {
  return files.flatMap(({ kind, number }) => (kind === wanted ? [number] : [])).sort((a, b) => a - b)
}

/** How repair writes tables: with the codec that a table had, where this build has it. */
export function tableFormat(codec = 'lz4'): TableFormat {
  const known = native.codecs.includes(codec) ? codec : 'none'
  return { blockSize: 4096, bloomBitsPerKey: 10, codec: known, codecLevel: 3 }
}

function damagedFile(
  kind: 'manifest' | 'table' | 'wal',
  number: number,
  problem: string,
  missing: boolean,
): DamagedFile {
  return { file: fileName(kind, number), kind, problem, missing, recordsSaved: 0, lost: [] }
}

function whereabouts(level: number, { largest, smallest }: TableMeta) {
  return { level, smallest, largest }
}

function isDamage(error: unknown): error is BurrowError {
  return isBurrowError(error) && error.code === 'BURROW_CORRUPTION'
}

async function unlessDamaged(job: Promise<JobCompletion>): Promise<JobCompletion | undefined> {
  try {
    return await job
  } catch (error) {
    if (isDamage(error)) return undefined
    throw error
  }
}

/** What is wrong, without what to do about it: that is being done. */
function problemOf({ message }: BurrowError): string {
  const end = message.search(/\.? Nothing was changed\./)
  return end < 0 ? message : message.slice(0, end)
}
