import type { Command } from 'commander'
import { formatOption, type RowFormat } from './rows/formats.ts'
import { withTables } from './table/with-tables.ts'

interface ShellArguments {
  readonly create?: boolean
  readonly readOnly?: boolean
  readonly format?: RowFormat
  readonly keepGoing?: boolean
}

export function addShell(program: Command): void {
  program
    .command('shell')
    .description('talk PartiQL with a database: on a terminal with history and completion, or from a pipe')
    .argument('[path]', "directory of the database; ':memory:', the default, for one that is gone afterwards")
    .option('--create', 'make the database when there is none')
    .option('--read-only', 'work beside a program that has it open, on what it is at this moment')
    .addOption(formatOption().default('table'))
    .option('--keep-going', 'from a pipe: go on after a statement that failed; exit code 1 all the same')
    .addHelpText(
      'after',
      `
Statements end with a semicolon; .help lists what else there is. What is entered is kept in ~/.burrow_history, or in the file
that BURROW_HISTORY names; an empty BURROW_HISTORY keeps nothing. NO_COLOR turns colours off.`,
    )
    .action(shell)
}

async function shell(path: string | undefined, options: ShellArguments): Promise<void> {
  const place = path ?? ':memory:'
  const open = options.readOnly
    ? { readOnly: true }
    : { createIfMissing: options.create === true || place === ':memory:' }
  await withTables(place, open, {}, async ({ tables }) => {
    const { ShellSession } = await import('./shell/session.ts')
    const onTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true
    const session = new ShellSession(tables, options.format ?? 'table', onTerminal)
    if (onTerminal) {
      const { runInteractive } = await import('./shell/interactive.ts')
      await runInteractive(session)
    } else {
      const { runScript } = await import('./shell/script.ts')
      if (!(await runScript(session, process.stdin, options.keepGoing === true))) process.exitCode = 1
    }
  })
}
