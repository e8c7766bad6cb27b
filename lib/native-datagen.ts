/** The data generator's part of the addon: see lib/native.ts, which loads it. */

/** What the kernels of the data generator are called, from slow to fast. */
export type SimdLevel = 'scalar' | 'neon' | 'avx2' | 'avx512'

export interface DataGeneratorConfig {
  /** Bytes, 0 to 2^53 − 1. */
  size: number
  /** 0n to 2^64 − 1. */
  seed: bigint
  /** 1 to 1000000. */
  dedupRatio: number
  /** 1 to 100. */
  compressRatio: number
  /** 0: zeros, 1: backref, 2: text. */
  pattern: 0 | 1 | 2
  /** A multiple of 4096 from 4096 to 33554432. */
  blockSize: number
  /** 0 (as many as CPUs may be used) to 1024. */
  threads: number
  /** 0: auto, 1: force, 2: off. */
  numaMode: 0 | 1 | 2
  /** Threads and memory of this node only; −1: all. */
  numaNode: number
  /** For tests: not the fastest one. */
  simd?: SimdLevel
}

/**
 * A data generator; its functions are bound. What they write is a function of the config and the offset alone, see
 * docs/datagen.md. After close() they throw CLOSED.
 */
export interface NativeDataGenerator {
  readonly simd: SimdLevel
  /** Of the pool, which generators of the same threads and nodes share. */
  readonly threads: number
  readonly blocks: number
  readonly uniqueBlocks: number
  /** Fills `view` with the bytes from `offset` on, as far as there are any; how many. Large views on all threads. */
  readAt(offset: number, view: Uint8Array): number
  /**
   * The same without the calling thread, except for short views. The bytes of `view` are written until the promise is
   * settled: it must not be detached before. The event loop is kept alive until then.
   */
  fill(offset: number, view: Uint8Array): Promise<number>
  /** For calls that begin later. */
  setSeed(seed: bigint): void
  /** Fills that run come to their end. Idempotent. */
  close(): void
}

/** The machine as the data generator sees it. */
export interface DatagenSystem {
  /** At least one, ascending by number. */
  nodes: {
    node: number
    /** Empty: a node of memory only. */
    cpus: number[]
    /** 0: unknown. */
    memoryBytes: number
    freeBytes: number
    /** To each of `nodes` in their order, 10 is near. Empty: unknown. */
    distances: number[]
  }[]
  /** Online. */
  cpus: number
  /** What this process may use of them. */
  cpusAllowed: number
  /** 0: unknown. */
  physicalCores: number
  /** The system said so; otherwise one node is assumed. */
  topologyKnown: boolean
  /** The fastest of `simdLevels`, which is what generators use. */
  simd: SimdLevel
  simdLevels: SimdLevel[]
}
