import { reads } from './reads.ts'
import type { Workload } from './workload.ts'
import { writes } from './writes.ts'

/** In the order in which they run in one process: reads find what the last fill left. */
export const workloads: readonly Workload[] = [...writes, ...reads]

export function workloadNamed(name: string): Workload {
  const workload = workloads.find((candidate) => candidate.name === name)
  if (workload === undefined) {
    throw new Error(
      `no workload is named '${name}'; there are ${workloads.map((each) => each.name).join(', ')}`,
    )
  }
  return workload
}
