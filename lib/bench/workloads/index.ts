import { deleterandom, fillrandom, fillseq, overwrite } from './fills.ts'
import { largeValues } from './large-values.ts'
import { openings } from './opening.ts'
import { readWhileWriting } from './read-while-writing.ts'
import { pointReads } from './reads.ts'
import { scans } from './scans.ts'
import { singlePuts } from './singles.ts'
import type { Workload } from './workload.ts'
import { ycsb } from './ycsb.ts'

/** In the order in which they run and are reported. */
export const workloads: readonly Workload[] = [
  fillseq,
  fillrandom,
  ...openings.filter(({ after }) => after !== undefined),
  ...pointReads,
  ...scans,
  readWhileWriting,
  overwrite,
  deleterandom,
  ...singlePuts,
  ...largeValues,
  ...openings.filter(({ after }) => after === undefined),
  ...ycsb,
]

export function workloadNamed(name: string): Workload {
  const workload = workloads.find((candidate) => candidate.name === name)
  if (workload === undefined) {
    throw new Error(
      `no workload is named '${name}'; there are ${workloads.map((each) => each.name).join(', ')}`,
    )
  }
  return workload
}

/** Groups that share a database: what one process runs. In the order of `workloads`. */
export function stagesOf(names: readonly string[]): string[][] {
  const stages = new Map<string, string[]>()
  for (const { after, name } of workloads) {
    if (!names.includes(name)) continue
    const stage = stages.get(after ?? name)
    if (stage === undefined) stages.set(after ?? name, [name])
    else stage.push(name)
  }
  return [...stages.values()]
}
