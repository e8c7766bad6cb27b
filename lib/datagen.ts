/** The public API of `burrowdb/datagen`. */
export { BurrowError, type ErrorCode, type ErrorContext, isBurrowError } from './base/errors.ts'
export { createBuffers, generate } from './datagen/buffers.ts'
export { DataGenerator } from './datagen/generator.ts'
export {
  type CompressionFound,
  type DedupFound,
  type MeasuredCodec,
  type MeasureOptions,
  type MeasureProgress,
  type MeasureReport,
  measure,
} from './datagen/measure.ts'
export type { MeasureSource } from './datagen/measure-source.ts'
export type { DataGeneratorOptions, DataOptions, NumaMode } from './datagen/options.ts'
export type { Pattern } from './datagen/pattern.ts'
export type { Seed } from './datagen/seed.ts'
export { SlicePool, type SlicePoolOptions } from './datagen/slice-pool.ts'
export type { StreamOptions } from './datagen/streams.ts'
export type { FillTarget } from './datagen/target.ts'
export {
  type NumaNode,
  type NumaTopology,
  numaTopology,
  type SystemInfo,
  systemInfo,
} from './datagen/topology.ts'
export {
  type WriteBenchmarkOptions,
  type WriteBenchmarkProgress,
  type WriteBenchmarkReport,
  type WriteBenchmarkSide,
  type WriteBottleneck,
  writeBenchmark,
} from './datagen/write-bench.ts'
export type { SimdLevel } from './native.ts'
