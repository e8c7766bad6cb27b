import { fork } from 'node:child_process'
import type { Measurement, RunPlan } from './run-plan.ts'

/** Has a program that calls answerPlan run the plan. */
export function runInChild(
  program: string,
  plan: RunPlan,
  args: readonly string[] = [],
): Promise<Measurement[]> {
  const child = fork(program, args)
  return new Promise((done, failed) => {
    child.once('message', (answer: { result?: Measurement[]; error?: string }) => {
      child.disconnect()
      if (answer.result !== undefined) done(answer.result)
      else failed(new Error(answer.error))
    })
    child.once('exit', (code, signal) => failed(new Error(`the process ended with ${signal ?? code}`)))
    child.once('error', failed)
    child.send(plan)
  })
}
