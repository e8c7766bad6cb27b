import { Command, CommanderError } from 'commander'
import { addBackup, addRestore } from './backup.ts'
import { addBench } from './bench.ts'
import { addCheckpoint } from './checkpoint.ts'
import { addCompact } from './compact.ts'
import { addDatagen } from './datagen.ts'
import { addDelete } from './delete.ts'
import { addDumpManifest } from './dump-manifest.ts'
import { addDumpMemtable } from './dump-memtable.ts'
import { addDumpTable } from './dump-table.ts'
import { addDumpWal } from './dump-wal.ts'
import { addExplainGet } from './explain-get.ts'
import { addExplainScan } from './explain-scan.ts'
import { addExport } from './export.ts'
import { reportFailure } from './failure.ts'
import { addGet } from './get.ts'
import { addHealth } from './health.ts'
import { addImport } from './import.ts'
import { addKeyHistory } from './key-history.ts'
import { addKeys } from './keys.ts'
import { addLevels } from './levels.ts'
import { finishOutput, OutputClosed } from './output.ts'
import { addProfile } from './profile.ts'
import { addPut } from './put.ts'
import { addQuarantine } from './quarantine.ts'
import { addRepair } from './repair.ts'
import { addScan } from './scan.ts'
import { addShell } from './shell.ts'
import { addSql } from './sql.ts'
import { addStats } from './stats.ts'
import { addTable } from './table.ts'
import { addTop } from './top.ts'
import { addTrace } from './trace.ts'
import { addVerify } from './verify.ts'
import { version } from './version.ts'
import { addWal } from './wal.ts'

const after = `
Keys and values are UTF-8; with --hex or --base64 they are bytes in that notation, in arguments and in output. In text
output bytes that cannot be printed are shown as \\xNN, and a backslash as two. Arguments that begin with a dash go
behind --. Commands that only read open the database read-only, beside a program that has it open.

Exit codes: 0; 1 when the command failed or the key is not there; 2 for a command line that makes no sense.`

/** Runs one command line, as in `process.argv`; the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const program = new Command('burrow')
    .description('Look into and work on BurrowDB databases')
    .usage('<command> <path> …')
    .version(version(), '-V, --version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', after)
    .exitOverride()
    // A command with subcommands has options of its own.
    .enablePositionalOptions()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'burrow: ')),
    })
  const commands = [
    ...[addGet, addPut, addDelete, addScan, addStats, addLevels, addHealth, addCompact, addExport, addImport],
    addRepair,
    ...[addDumpWal, addDumpTable, addDumpManifest, addDumpMemtable],
    ...[addExplainGet, addExplainScan, addKeyHistory, addKeys],
    addTrace,
    ...[addCheckpoint, addBackup, addRestore],
    ...[addVerify, addWal, addQuarantine],
    addDatagen,
    ...[addTop, addProfile, addBench],
    ...[addTable, addSql, addShell],
  ]
  for (const add of commands) add(program)
  let json = false
  program.hook('preAction', (_, command) => {
    json = command.opts()['json'] === true
  })
  try {
    await program.parseAsync(argv)
    await finishOutput()
    return Number(process.exitCode ?? 0)
  } catch (error) {
    // Who reads our output has seen enough: `burrow scan … | head`.
    if (error instanceof OutputClosed) return 0
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    return reportFailure(error, json)
  }
}
