import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { distFile } from '../dist.ts'

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly bytes: Buffer
}

/** Runs the command as a user would, in a process of its own. */
export async function burrow(args: readonly string[], input?: Uint8Array): Promise<Outcome> {
  const child = spawn(process.execPath, [distFile('lib/cli/main.js'), ...args])
  child.stdin.end(input)
  const ended = once(child, 'close') as Promise<[number | null]>
  const [bytes, stderr, [code]] = await Promise.all([buffer(child.stdout), text(child.stderr), ended])
  return { code, stdout: bytes.toString('utf8'), stderr, bytes }
}

/** The one JSON document that a command prints. */
export async function burrowJson(args: readonly string[]): Promise<unknown> {
  const { code, stderr, stdout } = await burrow([...args, '--json'])
  if (code !== 0 || stderr !== '') throw new Error(`burrow ${args.join(' ')}: exit code ${code}: ${stderr}`)
  return JSON.parse(stdout)
}

export class TemporaryFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'burrowdb-test-'))

  join(name: string): string {
    return join(this.path, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
