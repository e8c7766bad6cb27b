/** Runs engines side by side: each stage of each run in a process of its own, engine after engine, before the next stage. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from '../lib/bench/engines/engine.ts'
import { runInChild } from '../lib/bench/run-child.ts'
import type { Measurement, RunPlan } from '../lib/bench/run-plan.ts'
import { stagesOf, workloadNamed } from '../lib/bench/workloads/index.ts'
import type { Workload } from '../lib/bench/workloads/workload.ts'
import { engineNamed } from './engines/index.ts'
import { installPeers, peerProblem } from './peers.ts'

export interface Comparison {
  readonly engines: readonly string[]
  readonly workloads: readonly string[]
  readonly runs: number
  /** Where databases are made. */
  readonly directory: string
  /** A native_bench that is built already. */
  readonly nativeBench: string | undefined
  readonly plan: Omit<RunPlan, 'engine' | 'workloads' | 'directory'>
}

/** All runs of one engine. */
export interface EngineRuns {
  readonly engine: string
  readonly kind: Engine['kind']
  readonly version: string
  readonly runs: readonly (readonly Measurement[])[]
}

export interface Compared {
  readonly engines: readonly EngineRuns[]
  /** Engines that cannot be had here, and why; a line each. */
  readonly leftOut: readonly string[]
  /** Stages that went wrong; the others stand. */
  readonly failures: readonly string[]
}

/** Whether the engine has anything to say in a row of this workload. */
export function takesPart({ kind, skips, volatile }: Engine, workload: Workload): boolean {
  if (skips !== undefined && Object.hasOwn(skips, workload.name)) return false
  if (volatile === true && workload.persistent === true) return false
  // What makes it weaker makes no difference to what is read, and is against what `durable` says.
  return kind !== 'weaker' || (workload.writes === true && workload.durable !== true)
}

interface Usable {
  readonly engine: Engine
  /** Of a ProgramEngine. */
  readonly program: string
}

/** Installs and compiles what the engines need; those that cannot be had are left out with a line. */
function prepare({ engines, nativeBench }: Comparison, leftOut: string[]): Usable[] {
  const wanted = engines.map(engineNamed)
  installPeers(wanted.flatMap(({ peer }) => peer ?? []))
  return wanted.flatMap((engine) => {
    try {
      const problem = engine.peer === undefined ? undefined : peerProblem(engine.peer)
      if (problem !== undefined) throw new Error(problem)
      return { engine, program: 'build' in engine ? (nativeBench ?? engine.build()) : '' }
    } catch (error) {
      const [reason] = (error as Error).message.split('\n')
      leftOut.push(`${engine.name} is left out: ${reason}`)
      return []
    }
  })
}

/**
 * What all runs say so far, after each of them. `say` gets progress, and everything that is left out or fails as soon as it
 * is known.
 */
export async function* compare(
  comparison: Comparison,
  say: (line: string) => void,
): AsyncGenerator<Compared, void> {
  const leftOut: string[] = []
  const failures: string[] = []
  const usable = prepare(comparison, leftOut)
  for (const line of leftOut) say(line)
  const results = new Map(usable.map(({ engine }) => [engine.name, [] as Measurement[][]]))
  for (let run = 1; run <= comparison.runs; run++) {
    for (const { engine } of usable) results.get(engine.name)!.push([])
    for (const stage of stagesOf(comparison.workloads)) {
      for (const one of usable) {
        const { engine } = one
        const own = stage.filter((name) => takesPart(engine, workloadNamed(name)))
        if (own.length === 0) continue
        say(`run ${run} of ${comparison.runs}: ${engine.name}: ${own.join(' ')}`)
        try {
          results
            .get(engine.name)!
            .at(-1)!
            .push(...(await runStage(comparison, one, own)))
        } catch (error) {
          const { message } = error as Error
          say(message)
          failures.push(`${engine.name} failed in ${own.join(' ')}: ${message.split('\n')[0]}`)
        }
      }
    }
    const engines = usable.map(({ engine }) => ({
      engine: engine.name,
      kind: engine.kind,
      version: engine.version(),
      runs: results.get(engine.name)!,
    }))
    yield { engines, failures, leftOut }
  }
}

/** In a directory of its own, which is gone afterwards. */
async function runStage(
  { directory, plan }: Comparison,
  { engine, program }: Usable,
  workloads: readonly string[],
): Promise<Measurement[]> {
  mkdirSync(directory, { recursive: true })
  const place = mkdtempSync(join(directory, 'burrow-bench-'))
  try {
    const task = { ...plan, engine: engine.name, workloads, directory: place }
    return 'measure' in engine
      ? engine.measure(task, program)
      : await runInChild(join(import.meta.dirname, 'child.js'), task)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
