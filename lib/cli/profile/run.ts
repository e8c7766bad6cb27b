/** Runs what is profiled: a program, or our own workload in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { PerfScript, type Stacks } from './stacks.ts'
import type { WorkloadPlan, WorkloadResult } from './workload.ts'

const workloadProgram = join(import.meta.dirname, 'workload-child.js')

/** The command line of our own workload, under Node with these flags. */
export function workloadCommand(plan: WorkloadPlan, nodeFlags: readonly string[]): string[] {
  return [process.execPath, ...nodeFlags, workloadProgram, JSON.stringify(plan)]
}

/** How a program ended, and what the workload answered if it was that. */
export interface Ended {
  readonly pid: number
  readonly result: WorkloadResult | undefined
  readonly stderr: string
}

/**
 * Runs a command to its end; `whileRunning` gets the process. Its output goes to our standard error, so that ours stays
 * clean. Throws when it cannot be started, says that it failed, or ends badly.
 */
export async function runCommand(
  command: readonly string[],
  whileRunning?: (child: ChildProcess) => void,
): Promise<Ended> {
  const [file, ...args] = command
  const child = spawn(file!, args, { stdio: ['inherit', process.stderr, 'pipe', 'ipc'] })
  const answer: { result?: WorkloadResult; error?: string } = {}
  child.on('message', (message) => Object.assign(answer, message))
  const stderr = text(child.stderr!)
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  await Promise.race([once(child, 'spawn'), ended])
  whileRunning?.(child)
  const [code, signal] = await ended
  const said = await stderr
  if (answer.error !== undefined) throw new Error(answer.error)
  if (code !== 0) throw new Error(`${file} ended with ${signal ?? code}: ${said.trim().slice(-2000)}`)
  return { pid: child.pid!, result: answer.result, stderr: said }
}

/** The stacks that perf recorded. */
export async function readPerfData(file: string): Promise<Stacks> {
  const child = spawn('perf', ['script', '-i', file, '-F', 'comm,ip,sym,dso'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  const stderr = text(child.stderr)
  const script = new PerfScript()
  for await (const line of createInterface({ input: child.stdout })) script.push(line)
  const [code] = await ended
  if (code !== 0) throw new Error(`perf script ended with ${code}: ${(await stderr).trim().slice(-2000)}`)
  return script.end()
}
