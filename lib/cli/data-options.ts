import { type Command, InvalidArgumentError, Option } from 'commander'
import { patterns } from '../datagen/pattern.ts'
import type { DataGeneratorOptions, Pattern } from '../datagen.ts'
import { parseSize } from '../util/units.ts'
import { UsageError } from './failure.ts'
import { parseCount } from './scan.ts'

/** What the data is made of, as arguments say it. */
export interface DataArguments {
  readonly size?: number
  readonly dedup?: number
  readonly compress?: number
  readonly pattern?: Pattern
  readonly seed?: bigint
  readonly blockSize?: number
  readonly threads?: number
}

/** The options that say which bytes there are, and how many threads make them. */
export function addDataOptions(command: Command, threadsDefault = 'one for each processor'): Command {
  return command
    .option('--size <bytes>', 'how much', parseBytes)
    .option('--dedup <ratio>', 'blocks in all ÷ blocks that differ (1)', parseRatio)
    .option('--compress <ratio>', 'how much smaller codecs make it (1)', parseRatio)
    .addOption(new Option('--pattern <p>', 'what the compressible part is made of').choices(patterns))
    .option('--seed <n>', 'which bytes (random)', parseSeed)
    .option('--block-size <bytes>', 'of the blocks that --dedup counts (4MiB)', parseBytes)
    .option('--threads <n>', `how many make it (${threadsDefault})`, parseCount)
}

/** Throws UsageError without --size. */
export function dataOptionsOf(data: DataArguments): DataGeneratorOptions {
  const { blockSize, compress, dedup, pattern, seed, size, threads } = data
  if (size === undefined) throw new UsageError('--size is missing: say how much, as in --size 10GiB')
  return { size, dedupRatio: dedup, compressRatio: compress, pattern, seed, blockSize, threads }
}

export function parseBytes(text: string): number {
  const bytes = parseSize(text)
  if (bytes === undefined)
    throw new InvalidArgumentError('It must be a whole number of bytes, as in 4096, 64KiB or 1.5GiB.')
  return bytes
}

function parseRatio(text: string): number {
  const ratio = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(ratio)) throw new InvalidArgumentError('It must be a number, as in 3 or 2.7.')
  return ratio
}

function parseSeed(text: string): bigint {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0 up.')
  return BigInt(text)
}
