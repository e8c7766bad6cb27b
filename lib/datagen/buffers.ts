import { constants } from 'node:buffer'
import { readOptions } from '../base/call-options.ts'
import { invalidArgument } from '../base/errors.ts'
import { formatBytes } from '../util/units.ts'
import { DataGenerator } from './generator.ts'
import { type DataOptions, dataOptionNames, readWhole } from './options.ts'

/** A Buffer of memory of its own; what is in it is arbitrary. */
export function allocate(size: number, call: string): Buffer<ArrayBuffer> {
  try {
    return Buffer.allocUnsafeSlow(size)
  } catch (cause) {
    throw invalidArgument(
      `${call}: the system does not give ${formatBytes(size)} of memory; ask for less, or use a DataGenerator and fill smaller buffers`,
      { operation: call, option: 'size', value: size },
      cause,
    )
  }
}

const names = new Set(dataOptionNames)

/** All bytes of a `DataGenerator` of that size, made by other threads. `size` is at most `buffer.constants.MAX_LENGTH`. */
export async function generate(size: number, options?: DataOptions): Promise<Buffer<ArrayBuffer>> {
  readWhole('size', size, 0, constants.MAX_LENGTH, 'generate')
  using generator = new DataGenerator({ ...(readOptions(options, names, 'generate') as DataOptions), size })
  const buffer = allocate(size, 'generate')
  if (size > 0) await generator.fill(buffer)
  return buffer
}

const mostBuffers = 2 ** 24

/**
 * Buffers to fill, each with memory of its own, so that it can be transferred. The system hands out the pages of large ones
 * when they are first written. What is in them is arbitrary.
 */
export function createBuffers(count: number, size: number): Buffer<ArrayBuffer>[] {
  readWhole('count', count, 0, mostBuffers, 'createBuffers')
  readWhole('size', size, 1, constants.MAX_LENGTH, 'createBuffers')
  return Array.from({ length: count }, () => allocate(size, 'createBuffers'))
}
