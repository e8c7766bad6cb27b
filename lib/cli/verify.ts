import type { Command } from 'commander'
import type { VerifyReport } from '../index.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { parseFileNumber } from './file-number.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'

interface VerifyOptions {
  readonly json?: boolean
  readonly table?: readonly number[]
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .description(
      'read every file and say what is damaged; works beside a program that writes, and on any damage',
    )
    .argument('<path>', 'directory of the database')
    .option('--table <number>', 'only this table, and no logs; can be given several times', collectNumber)
    .option('--json', 'print the report as one JSON document')
    .addHelpText(
      'after',
      '\nExit code 1 when there is damage; the report is on standard output all the same.',
    )
    .action(verify)
}

function collectNumber(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, parseFileNumber(text)]
}

async function verify(path: string, { json, table }: VerifyOptions): Promise<void> {
  const { verifyDirectory } = await import('../kv/verify.ts')
  const report = await withProgressBar('verifying', (signal, tell) =>
    verifyDirectory(path, {
      signal,
      ...(table === undefined ? {} : { tables: table }),
      onProgress: ({ bytes, bytesDone }) => tell(bytesDone, bytes),
    }),
  )
  if (!report.ok) process.exitCode = 1
  if (json) return await writeJson(report)
  for (const { code, message } of report.problems) await writeLine(`damaged: ${code} ${message}`)
  for (const note of report.notes) await writeLine(`note: ${note}`)
  await writeLine(summary(report))
}

function summary({ bytes, durationMs, logs, ok, problems, records, tables }: VerifyReport): string {
  const read = `${counted(tables, 'table')} and ${counted(logs, 'log')}, ${counted(records, 'record')}, ${formatBytes(bytes)}`
  const time = `${(durationMs / 1000).toFixed(1)} s`
  if (ok) return `sound: ${read} in ${time}`
  const count = counted(problems.length, 'problem')
  return `${count}; read ${read} in ${time}. Copy the directory, then see \`burrow repair --dry-run\``
}
