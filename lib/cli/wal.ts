import { type Command, InvalidArgumentError } from 'commander'
import type { ListedLog, TruncateReport } from '../kv/wal-tools.ts'
import { fileName } from '../manifest/file-names.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { describeDump } from './dump-wal.ts'
import { UsageError } from './failure.ts'
import { parseFileNumber } from './file-number.ts'
import { writeJson, writeLine } from './output.ts'
import { addSet, type SetOptions } from './set-option.ts'
import { withWriter } from './with-database.ts'

interface JsonOption {
  readonly json?: boolean
}

export function addWal(program: Command): void {
  const wal = program.command('wal').description('look into the logs (WAL) of a database, and shorten them')
  const add = (name: string, description: string) =>
    wal.command(name).description(description).argument('<path>', 'directory of the database')
  add('list', 'print the logs: sizes, sequence numbers, how they end')
    .option('--json', 'print one JSON array')
    .action(list)
  describeDump(wal.command('dump'))
  add('verify', 'read every log that opening would replay; exit code 1 when it would fail')
    .option('--json', 'print {"ok", "logs", "problems"}')
    .action(verify)
  add('estimate', 'say how long opening would replay, measured by replaying the smallest log into memory')
    .option('--json', 'print one JSON document')
    .action(estimate)
  addSet(add('compact', 'bring what stands in the logs to tables, so that opening has nothing to replay'))
    .option('--keep <records>', 'leave the logs as they are when they have at most so many', parseWhole, 0)
    .option('--json', 'print {"before", "after"}: logs, records, bytes')
    .addHelpText(
      'after',
      `
The database must not be open elsewhere. Nothing is lost: opening replays the logs, and closing leaves them empty. A log is
a file whose writes go to a table all at once, so --keep cannot leave the newest ones behind.`,
    )
    .action(compact)
  add('truncate', 'cut a log behind a whole record; what is behind is lost')
    .argument('<number>', 'file number of the log, or its name', parseFileNumber)
    .requiredOption('--at <offset>', 'where the record to be cut begins, in bytes', parseWhole)
    .option('--confirm <words>', 'the words that the command asks for; without them nothing is changed')
    .option('--json', 'print the report as one JSON document')
    .addHelpText(
      'after',
      `
For a log with damage in the middle, when opening with the option recovery=salvage and \`burrow repair\`, which both save
more, are not wanted. The uncut log is copied to lost/ first. \`burrow wal list\` prints where a damaged log can be cut.`,
    )
    .action(truncate)
}

function parseWhole(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It must be a whole number.')
  return number
}

async function list(path: string, { json }: JsonOption): Promise<void> {
  const logs = await readLogs(path)
  if (json) return await writeJson(logs.map(documentOf))
  for (const log of logs) await writeLine(lineOf(log))
}

async function readLogs(path: string): Promise<readonly ListedLog[]> {
  const { listLogs } = await import('../kv/wal-tools.ts')
  return await listLogs(path)
}

function documentOf({ damage, number, ...log }: ListedLog): object {
  return {
    ...log,
    file: fileName('wal', number),
    damage: damage === null ? null : { code: damage.code, message: damage.message },
  }
}

function lineOf(log: ListedLog): string {
  const { bytes, damage, end, endOffset, firstSequence, lastSequence, named, records, syncedOffset } = log
  const sequences = firstSequence === null ? 'none' : `${firstSequence}-${lastSequence}`
  const where = end === 'missing' ? '' : ` at ${damage?.context.offset ?? endOffset}`
  return [
    fileName('wal', log.number),
    formatBytes(bytes),
    counted(records, 'record'),
    `sequence numbers ${sequences}`,
    `synced to ${syncedOffset}`,
    `${end}${where}`,
    ...(log.cutAt === null ? [] : [`can be cut at ${log.cutAt}`]),
    ...(named ? [] : ['not named by the manifest']),
  ].join('  ')
}

async function verify(path: string, { json }: JsonOption): Promise<void> {
  const { verifyLogs } = await import('../kv/verify.ts')
  const { problems, surveys } = await verifyLogs(path)
  const ok = problems.length === 0
  if (!ok) process.exitCode = 1
  if (json) return await writeJson({ ok, logs: surveys.length, problems })
  for (const { code, message } of problems) await writeLine(`damaged: ${code} ${message}`)
  const records = surveys.reduce((sum, log) => sum + log.records, 0)
  await writeLine(
    `${ok ? 'sound' : 'damaged'}: ${counted(surveys.length, 'log')}, ${counted(records, 'record')}`,
  )
}

async function estimate(path: string, { json }: JsonOption): Promise<void> {
  const { estimateReplay } = await import('../kv/wal-tools.ts')
  const found = await estimateReplay(path)
  if (json) return await writeJson(found)
  const { bytes, logs, measured, records, seconds } = found
  const time = seconds === null ? 'unknown, since every log is damaged' : `about ${seconds.toFixed(3)} s`
  await writeLine(
    `${counted(logs, 'log')}, ${counted(records, 'record')}, ${formatBytes(bytes)} to replay: ${time}`,
  )
  if (measured !== null) {
    const rate = `${counted(measured.records, 'record')} in ${measured.seconds.toFixed(3)} s`
    await writeLine(`measured by replaying ${measured.file} into memory: ${rate}`)
  }
}

async function compact(path: string, options: JsonOption & SetOptions & { keep: number }): Promise<void> {
  const logs = await readLogs(path)
  const before = totals(logs)
  const damaged = logs.some(({ damage, named }) => named && damage !== null)
  // Damage that opening would refuse is not to be hidden behind --keep.
  if (damaged || before.records > options.keep) {
    await withWriter(path, { ...options.set, createIfMissing: false }, (db) => db.flush())
  }
  const after = totals(await readLogs(path))
  if (options.json) return await writeJson({ before, after })
  const shape = ({ bytes, logs, records }: typeof before) =>
    `${counted(logs, 'log')}, ${counted(records, 'record')}, ${formatBytes(bytes)}`
  await writeLine(`${shape(before)} -> ${shape(after)}`)
}

function totals(logs: readonly ListedLog[]): { logs: number; records: number; bytes: number } {
  const live = logs.filter(({ end, named }) => named && end !== 'missing')
  const sum = (of: (log: ListedLog) => number) => live.reduce((total, log) => total + of(log), 0)
  return { logs: live.length, records: sum((log) => log.records), bytes: sum((log) => log.endOffset) }
}

interface TruncateOptions extends JsonOption {
  readonly at: number
  readonly confirm?: string
}

async function truncate(path: string, number: number, { at, confirm, json }: TruncateOptions): Promise<void> {
  const { truncateLog } = await import('../kv/wal-tools.ts')
  const words = `cut ${fileName('wal', number)} at ${at}`
  const confirmed = confirm === words
  const report = await truncateLog(path, number, at, { dryRun: !confirmed })
  if (json) await writeJson({ ...report, confirmed })
  else for (const line of linesOf(report)) await writeLine(line)
  if (!confirmed) throw new UsageError(`nothing was changed; to go on, add --confirm '${words}'`)
}

function linesOf(report: TruncateReport): string[] {
  const { bytesCut, copy, file, lastKept, nextSequence, offset, recordsCut } = report
  const from = lastKept === null ? 'every write of this log' : `the writes behind sequence number ${lastKept}`
  const to = nextSequence === null ? '' : `, up to ${nextSequence - 1}`
  const lines = [
    `${file}: ${counted(bytesCut, 'byte')} behind ${offset} ${copy === null ? 'would be cut' : 'were cut'}`,
    `lost: ${from}${to}; ${recordsCut} of them could be read`,
  ]
  if (copy !== null) lines.push(`the uncut log is ${copy}`)
  return lines
}
