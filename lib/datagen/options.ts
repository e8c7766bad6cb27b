import { badOption, readOptions } from '../base/call-options.ts'
import { type DataGeneratorConfig, native } from '../native.ts'
import { formatBytes, KiB, MiB } from '../util/units.ts'
import { type Pattern, patterns } from './pattern.ts'
import { readSeed, type Seed } from './seed.ts'

/** Whether threads are pinned and memory is placed by NUMA node: on more than one node, always, or never. */
export type NumaMode = 'auto' | 'force' | 'off'

/** What the bytes are, and who makes them. The bytes depend on `size`, `seed`, the ratios, `pattern` and `blockSize` only. */
export interface DataOptions {
  /** Blocks in all ÷ blocks that differ, 1 to 1,000,000; may be a fraction. Default 1: no block repeats. */
  readonly dedupRatio?: number | undefined
  /** How much smaller codecs make the data, 1 to 100; may be a fraction. Default 1: not at all. */
  readonly compressRatio?: number | undefined
  /** Default 'zeros'. Without meaning at compressRatio 1. */
  readonly pattern?: Pattern | undefined
  /** Default: a random one, which `generator.seed` tells. */
  readonly seed?: Seed | undefined
  /** Bytes of a block for `dedupRatio`: a multiple of 4096, 4 KiB to 32 MiB. Default 4 MiB. */
  readonly blockSize?: number | undefined
  /** Threads that make large pieces, 1 to 1024. Default: as many as the process may use processors. */
  readonly threads?: number | undefined
  /** Default 'auto'. */
  readonly numa?: NumaMode | undefined
  /** Run the threads on this node and take memory from it; one of `numaTopology()`. Default: all nodes. */
  readonly numaNode?: number | undefined
}

export interface DataGeneratorOptions extends DataOptions {
  /** Bytes in all: a whole number from 0 to 2^53 − 1. */
  readonly size: number
}

export const maxDedupRatio = 1_000_000
export const maxCompressRatio = 100
const maxThreads = 1024
const page = 4 * KiB
const largestBlock = 32 * MiB

/** The index is what native code takes. */
const numaModes: readonly NumaMode[] = ['auto', 'force', 'off']

export const dataOptionNames = [
  'dedupRatio',
  'compressRatio',
  'pattern',
  'seed',
  'blockSize',
  'threads',
  'numa',
  'numaNode',
] as const

const names = new Set(['size', ...dataOptionNames] as const)

/** Throws BURROW_INVALID_ARGUMENT, naming the option and what it may be. */
export function readGeneratorOptions(options: unknown, call: string): DataGeneratorConfig {
  const fields = readOptions(options, names, call)
  const { numa = 'auto', pattern = 'zeros' } = fields
  const numaMode = readChoice('numa', numa, numaModes, call)
  return {
    size: readWhole('size', fields.size, 0, Number.MAX_SAFE_INTEGER, call),
    seed: readSeed(fields.seed, call),
    dedupRatio: readRatio('dedupRatio', fields.dedupRatio, maxDedupRatio, call),
    compressRatio: readRatio('compressRatio', fields.compressRatio, maxCompressRatio, call),
    pattern: readChoice('pattern', pattern, patterns, call),
    blockSize: readBlockSize(fields.blockSize, call),
    threads: fields.threads === undefined ? 0 : readWhole('threads', fields.threads, 1, maxThreads, call),
    numaMode,
    numaNode: readNode(fields.numaNode, numaModes[numaMode]!, call),
  }
}

/** A whole number in a range that includes its ends. */
export function readWhole(name: string, value: unknown, min: number, max: number, call: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
    return value as number
  const end = max === Number.MAX_SAFE_INTEGER ? `${max} (2^53 - 1)` : `${max}`
  throw badOption(name, value, `a whole number from ${min} to ${end}`, call)
}

function readRatio(name: string, value: unknown, max: number, call: string): number {
  if (value === undefined) return 1
  if (typeof value === 'number' && value >= 1 && value <= max) return value
  throw badOption(name, value, `a number from 1 to ${max}, fractions included`, call)
}

function readBlockSize(value: unknown, call: string): number {
  if (value === undefined) return 4 * MiB
  if (Number.isSafeInteger(value)) {
    const size = value as number
    if (size >= page && size <= largestBlock && size % page === 0) return size
  }
  const range = `from ${page} (${formatBytes(page)}) to ${largestBlock} (${formatBytes(largestBlock)})`
  throw badOption('blockSize', value, `a multiple of ${page} ${range}`, call)
}

/** The index of the choice; there are three. */
function readChoice(name: string, value: unknown, choices: readonly string[], call: string): 0 | 1 | 2 {
  const index = choices.indexOf(value as string)
  if (index >= 0) return index as 0 | 1 | 2
  throw badOption(name, value, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, call)
}

/** −1: none. */
function readNode(value: unknown, mode: string, call: string): number {
  if (value === undefined) return -1
  const nodes = native.datagenSystem().nodes.map(({ node }) => node)
  if (!nodes.includes(value as number))
    throw badOption('numaNode', value, `a NUMA node of this machine: ${nodes.join(', ')}`, call)
  if (mode === 'off') throw badOption('numaNode', value, "left out with numa 'off', or numa 'auto'", call)
  return value as number
}
