import { type Command, InvalidArgumentError } from 'commander'
import type { BackupInfo, BackupProgress } from '../index.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { withOwn } from './checkpoint.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'

interface JsonOption {
  readonly json?: boolean
}

interface BackupOptions extends JsonOption {
  readonly keepCount?: number
  readonly keepAge?: number
  readonly bytesPerSecond?: number
  readonly verify: boolean
}

interface ChoiceOptions extends JsonOption {
  readonly id?: number
}

export function addBackup(program: Command): void {
  const backup = program
    .command('backup')
    .description('add a backup to a directory, copying only what is new; list and verify backups')
    .enablePositionalOptions()
    .argument('<path>', 'directory of the database, which must not be open elsewhere')
    .argument('<directory>', 'where its backups are; made when it is not there')
    .option('--keep-count <n>', 'then remove all but the newest n', parseCount)
    .option('--keep-age <time>', 'then remove older ones: 45s, 30m, 12h, 7d; never the newest', parseAge)
    .option('--bytes-per-second <n>', 'read and write no faster', parseCount)
    .option('--no-verify', 'do not check tables before and after copying them')
    .option('--json', 'print the report as one JSON document')
    .action(create)
  backup
    .command('list')
    .description('print the backups in a directory, oldest first')
    .argument('<directory>', 'where the backups are')
    .option('--json', 'print one JSON array')
    .action(list)
  backup
    .command('verify')
    .description('read every file of the backups and compare checksums; exit code 1 when one is damaged')
    .argument('<directory>', 'where the backups are')
    .option('--id <n>', 'only this one', parseCount)
    .option('--json', 'print the report as one JSON document')
    .action(verify)
}

export function addRestore(program: Command): void {
  program
    .command('restore')
    .description('make a database from a backup; the newest one, if no other is named')
    .argument('<backups>', 'directory of the backups')
    .argument('<path>', 'directory of the database to be made; none may be there')
    .option('--id <n>', 'this backup, as `burrow backup list` numbers them', parseCount)
    .option('--json', 'print the report as one JSON document')
    .action(restore)
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number from 1 up.')
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function parseAge(text: string): number {
  const [, number, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (number !== undefined && unit !== undefined) return Number(number) * unitMs[unit]!
  throw new InvalidArgumentError('It must be a number with s, m, h or d: 12h, 7d.')
}

type Tell = (done: number, total: number) => void

function following(tell: Tell): (progress: BackupProgress) => void {
  return ({ bytes, totalBytes }) => tell(bytes, totalBytes)
}

async function create(path: string, directory: string, options: BackupOptions): Promise<void> {
  const { bytesPerSecond, json, keepAge, keepCount, verify } = options
  const report = await withProgressBar('backing up', (signal, tell) =>
    withOwn(path, 'backup', (db) =>
      db.backup(directory, {
        verify,
        signal,
        bytesPerSecond,
        keep: { count: keepCount, ageMs: keepAge },
        onProgress: following(tell),
      }),
    ),
  )
  if (json) return await writeJson(report)
  const { bytes, copiedBytes, copiedFiles, durationMs, files, id, removed } = report
  await writeLine(
    `backup ${id}: ${counted(files, 'table')}, ${formatBytes(bytes)}; ${copiedFiles} new, ${formatBytes(copiedBytes)}; ${seconds(durationMs)}`,
  )
  if (removed.length > 0) await writeLine(`removed: ${removed.join(', ')}`)
}

async function list(directory: string, { json }: JsonOption): Promise<void> {
  const { Database } = await import('../index.ts')
  const backups = await Database.listBackups(directory)
  if (json) return await writeJson(backups)
  for (const backup of backups) await writeLine(describe(backup))
}

function describe({ bytes, createdAt, damage, files, id, sequence }: BackupInfo): string {
  if (createdAt === null) return `${id}  damaged: ${damage}`
  return `${id}  ${createdAt.toISOString()}  ${counted(files!, 'table')}  ${formatBytes(bytes!)}  sequence ${sequence}`
}

async function verify(directory: string, { id, json }: ChoiceOptions): Promise<void> {
  const { Database } = await import('../index.ts')
  const report = await withProgressBar('verifying', (signal, tell) =>
    Database.verifyBackups(directory, { id, signal, onProgress: following(tell) }),
  )
  if (!report.ok) process.exitCode = 1
  if (json) return await writeJson(report)
  for (const { file, id, problem } of report.problems) await writeLine(`backup ${id}: ${file}: ${problem}`)
  const { backups, bytes, durationMs, files, ok } = report
  const what = backups.length === 1 ? `backup ${backups[0]}` : counted(backups.length, 'backup')
  await writeLine(
    `${what}: ${ok ? 'sound' : 'damaged'}; read ${counted(files, 'table')}, ${formatBytes(bytes)} in ${seconds(durationMs)}`,
  )
}

async function restore(directory: string, path: string, { id, json }: ChoiceOptions): Promise<void> {
  const { Database } = await import('../index.ts')
  const report = await withProgressBar('restoring', (signal, tell) =>
    Database.restore(directory, path, { id, signal, onProgress: following(tell) }),
  )
  if (json) return await writeJson(report)
  const { bytes, durationMs, files } = report
  await writeLine(
    `backup ${report.id} restored to ${report.path}: ${counted(files, 'table')}, ${formatBytes(bytes)} in ${seconds(durationMs)}`,
  )
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
