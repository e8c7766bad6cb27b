/** The ratios of generated data as codecs and hashes find them, beside what was asked for. */
import { DataGenerator, type MeasuredCodec, measure, type Pattern } from '../lib/datagen.ts'
import { formatBytes } from '../lib/util/units.ts'
import type { Table } from './report/tables.ts'

const MiB = 2 ** 20
const patterns: readonly Pattern[] = ['zeros', 'backref', 'text']
const compressRatios = [1, 1.1, 1.5, 2, 2.7, 3, 4, 5, 8, 10, 20, 50, 100]
const codecs: readonly MeasuredCodec[] = ['lz4', 'zstd1', 'zstd3', 'zlib6']
const dedups = [
  [1, 4 * MiB],
  [1.5, 64 * 1024],
  [2, 4 * MiB],
  [2.7, 4096],
  [2.7, MiB],
  [10, 64 * 1024],
  [1000, 4096],
] as const
const seed = 1

/** Windows of 64 KiB, each compressed by itself: all of them (the least–the most). */
async function compressionOf(pattern: Pattern, compressRatio: number): Promise<string[]> {
  using generator = new DataGenerator({ size: 2 * MiB, pattern, compressRatio, seed })
  const { compression } = await measure(generator.stream())
  const shown = codecs.map((codec) => {
    const { max, min, ratio } = compression[codec]
    if (ratio === null || min === null || max === null) return '-'
    return `${ratio.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`
  })
  return [`${pattern}, ${compressRatio}`, ...shown]
}

async function dedupOf(dedupRatio: number, blockSize: number): Promise<string[]> {
  using generator = new DataGenerator({ size: 256 * MiB, dedupRatio, blockSize, seed })
  const { dedup } = await measure(generator.stream(), { chunk: blockSize })
  const found = dedup.find((each) => each.blockSize === blockSize)!
  const counts = [found.blocks, found.uniqueBlocks].map(String)
  return [`${dedupRatio}, ${formatBytes(blockSize)}`, ...counts, found.ratio!.toFixed(4)]
}

export async function ratioTables(): Promise<Table[]> {
  const compression: string[][] = []
  for (const pattern of patterns) {
    for (const ratio of compressRatios) {
      if (ratio > 1 || pattern === 'zeros') compression.push(await compressionOf(pattern, ratio))
    }
  }
  const dedup: string[][] = []
  for (const [ratio, blockSize] of dedups) dedup.push(await dedupOf(ratio, blockSize))
  return [
    {
      title: 'Compression found, in windows of 64 KiB: all (least–most)',
      lines: [['asked for', 'lz4', 'zstd 1', 'zstd 3', 'zlib 6'], ...compression],
    },
    {
      title: 'Dedup found by hashing the blocks of 256 MiB',
      lines: [['asked for, block size', 'blocks', 'different', 'ratio'], ...dedup],
    },
  ]
}
