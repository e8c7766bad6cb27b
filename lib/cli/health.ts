import type { Command } from 'commander'
import { isBurrowError } from '../base/errors.ts'
import type { Health, HealthIssue } from '../index.ts'
import { writeJson, writeLine } from './output.ts'
import { addSet, type SetOptions } from './set-option.ts'
import { withReader } from './with-database.ts'

interface HealthOptions extends SetOptions {
  readonly json?: boolean
}

export function addHealth(program: Command): void {
  addSet(
    program
      .command('health')
      .description('print what is wrong with the files and the disk; exit code 1 when unhealthy')
      .argument('<path>', 'directory of the database'),
  )
    .option('--json', 'print what db.health() returns')
    .addHelpText(
      'after',
      `
It opens the database read-only, beside a program that has it open, and so knows its files, the disk and lost/. What goes
on in that program (stalls, failed tasks, open iterators) only its own db.health() knows.`,
    )
    .action(health)
}

async function health(path: string, { json, set }: HealthOptions): Promise<void> {
  const found = await withReader(path, async (db) => db.health(), set).catch(unopened)
  if (found.status === 'unhealthy') process.exitCode = 1
  if (json) return await writeJson(found)
  await writeLine(found.status)
  for (const line of issueLines(found)) await writeLine(line)
}

/** A database that does not open because of its files is an unhealthy one. Throws what is no matter of health. */
function unopened(error: unknown): Health {
  if (!isBurrowError(error) || !['BURROW_CORRUPTION', 'BURROW_IO'].includes(error.code)) throw error
  const { code, message } = error
  return {
    status: 'unhealthy',
    errors: [{ code: 'does-not-open', message, value: code, threshold: 'opens' }],
    warnings: [],
  }
}

function issueLines({ errors, warnings }: Health): string[] {
  const line = (kind: string) => (issue: HealthIssue) => `${kind} ${issue.code}: ${issue.message}`
  return [...errors.map(line('error')), ...warnings.map(line('warning'))]
}
