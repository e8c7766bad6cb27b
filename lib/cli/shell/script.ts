import { createInterface } from 'node:readline'
import { failureText } from '../failure.ts'
import { OutputClosed } from '../output.ts'
import { runDotCommand } from './commands.ts'
import type { ShellSession } from './session.ts'
import { StatementBuffer } from './statement-buffer.ts'

/** Runs what comes out of a pipe or a file. False when something of it failed: without `keepGoing` that is the end. */
export async function runScript(
  session: ShellSession,
  input: NodeJS.ReadableStream,
  keepGoing: boolean,
): Promise<boolean> {
  const buffer = new StatementBuffer()
  let ok = true
  const attempt = async (line: number, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work()
    } catch (error) {
      if (error instanceof OutputClosed) throw error
      ok = false
      process.stderr.write(`burrow: line ${line}: ${failureText(error)}\n`)
    }
    return !session.ended && (ok || keepGoing)
  }
  let line = 0
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++
    if (buffer.isEmpty && text.trimStart().startsWith('.')) {
      if (!(await attempt(line, () => runDotCommand(session, text)))) return ok
      continue
    }
    for (const statement of buffer.add(text).statements) {
      if (!(await attempt(line, () => session.run(statement)))) return ok
    }
  }
  const last = buffer.finish()
  if (last !== undefined) await attempt(line, () => session.run(last))
  return ok
}
