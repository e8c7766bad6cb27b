import type { Command } from 'commander'
import type { CompressionFound, DedupFound, MeasureReport } from '../datagen/measure.ts'
import { formatBytes } from '../util/units.ts'
import { parseBytes } from './data-options.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'
import { textTable } from './text-table.ts'

interface MeasureArguments {
  readonly window?: number
  readonly chunk?: number
  readonly json?: boolean
}

export function addDatagenMeasure(datagen: Command): void {
  datagen
    .command('measure')
    .description('find how much of a file could be saved: copies of blocks, and compression by codec')
    .argument('<file>', 'what to read; - is standard input')
    .option('--window <bytes>', 'bytes that are compressed by themselves (64KiB)', parseBytes)
    .option('--chunk <bytes>', 'one more block size to look for copies at (4MiB)', parseBytes)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
A dedup ratio is blocks in all ÷ different blocks, where blocks are cut from the beginning on. Up to 1,048,576 different blocks
of a size are counted exactly; beyond, the number is an estimate, and its error is shown. A compression ratio is bytes ÷
compressed bytes; least and most are those of one window.`,
    )
    .action(measureFile)
}

async function measureFile(file: string, { json, ...sizes }: MeasureArguments): Promise<void> {
  const { measure } = await import('../datagen/measure.ts')
  const source = file === '-' ? process.stdin : file
  const report = await withProgressBar('measuring', (signal, tell) =>
    measure(source, {
      ...sizes,
      signal,
      onProgress: ({ bytes, total }) => {
        if (total !== null) tell(bytes, Math.max(bytes, total))
      },
    }),
  )
  if (json) return await writeJson({ file, ...report })
  await writeLine(`${file}: ${formatBytes(report.bytes)}`)
  for (const line of tablesOf(report)) await writeLine(line)
}

function tablesOf({ compression, dedup, window }: MeasureReport): string[] {
  const blocks = textTable([
    ['block size', 'blocks', 'different', 'dedup ratio'],
    ...dedup.map((found) => [
      formatBytes(found.blockSize),
      String(found.blocks),
      String(found.uniqueBlocks),
      dedupRatio(found),
    ]),
  ])
  const names = { lz4: 'lz4', zstd1: 'zstd 1', zstd3: 'zstd 3', zlib6: 'zlib 6' } as const
  const codecs = textTable([
    [`codec, by ${formatBytes(window)}`, 'ratio', 'least', 'most'],
    ...Object.entries(names).map(([codec, name]) => {
      const { max, min, ratio }: CompressionFound = compression[codec as keyof typeof names]
      return [name, ...[ratio, min, max].map(showRatio)]
    }),
  ])
  return ['', ...blocks, '', ...codecs]
}

function dedupRatio({ ratio, standardError }: DedupFound): string {
  return showRatio(ratio) + (standardError === 0 ? '' : ` ± ${(100 * standardError).toFixed(2)} %`)
}

/** Nothing to measure, or a codec that this build lacks. */
function showRatio(ratio: number | null): string {
  return ratio === null ? '-' : ratio.toFixed(3)
}
