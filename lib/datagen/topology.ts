import { totalmem } from 'node:os'
import { native, type SimdLevel } from '../native.ts'

/** A group of processors with memory of its own. */
export interface NumaNode {
  /** Number of the node: what `numaNode` takes. */
  readonly node: number
  /** Numbers of its logical processors; none for a node of memory only. */
  readonly cpus: readonly number[]
  /** Its memory, and how much of it is free; 0 where the system does not tell. */
  readonly memoryBytes: number
  readonly freeBytes: number
  /** How far each of `nodes` is, as the firmware says: 10 is the node itself. Empty where the system does not tell. */
  readonly distances: readonly number[]
}

export interface NumaTopology {
  /** At least one: the whole machine where the system tells of no nodes. */
  readonly nodes: readonly NumaNode[]
  /** 0 where the system does not tell. */
  readonly physicalCores: number
  readonly logicalCpus: number
  /** One node: memory is equally far from every processor. */
  readonly isUma: boolean
}

export interface SystemInfo {
  /** NUMA nodes. */
  readonly nodes: number
  readonly physicalCores: number
  readonly logicalCpus: number
  /** Logical processors that this process may use: its affinity, as containers and taskset set it. */
  readonly cpusAllowed: number
  readonly isUma: boolean
  /** `isUma` in words. */
  readonly deployment: string
  /** Instructions that the generator uses here; the bytes are the same with all of them. */
  readonly simd: SimdLevel
  readonly memoryBytes: number
}

/** The NUMA nodes of this machine. Never fails: what the system does not tell is one node with everything. */
export function numaTopology(): NumaTopology {
  const { cpus, nodes, physicalCores } = native.datagenSystem()
  return { nodes, physicalCores, logicalCpus: cpus, isUma: nodes.length === 1 }
}

/** What the generator runs on. Never fails. */
export function systemInfo(): SystemInfo {
  const { cpus, cpusAllowed, nodes, physicalCores, simd } = native.datagenSystem()
  const isUma = nodes.length === 1
  return {
    nodes: nodes.length,
    physicalCores,
    logicalCpus: cpus,
    cpusAllowed,
    isUma,
    deployment: isUma
      ? 'UMA: one NUMA node, as on workstations and in most virtual machines'
      : `NUMA: ${nodes.length} nodes, as on servers with several sockets`,
    simd,
    memoryBytes: totalmem(),
  }
}
