import type { Command } from 'commander'
import type { WriteBenchmarkReport } from '../datagen/write-bench.ts'
import { counted } from '../util/counted.ts'
import { formatBytes } from '../util/units.ts'
import { addDataOptions, type DataArguments, dataOptionsOf, parseBytes } from './data-options.ts'
import { UsageError } from './failure.ts'
import { writeJson, writeLine } from './output.ts'
import { withProgressBar } from './progress-bar.ts'
import { parseCount } from './scan.ts'

interface BenchArguments extends DataArguments {
  readonly out?: string
  readonly writers?: number
  readonly writeSize?: number
  readonly buffers?: number
  readonly direct?: boolean
  readonly sync?: boolean
  readonly keep?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

export function addDatagenBench(datagen: Command): void {
  addDataOptions(datagen.command('bench'), 'half of the processors, 4 at most')
    .description('write generated data to a file or device, and say how fast and what the limit is')
    .option('--out <file>', 'write there: a file that is not there yet, or with --force a device')
    .option('--writers <n>', 'threads that write: so many writes are under way at once (1)', parseCount)
    .option('--write-size <bytes>', 'of one write (1MiB)', parseBytes)
    .option('--buffers <n>', 'of one write each, between both sides (two for each thread)', parseCount)
    .option('--direct', 'go around the page cache (O_DIRECT); without it memory may be what is measured')
    .option('--sync', 'fsync at the end, which is measured by itself')
    .option('--keep', 'leave the file there, also a part of it after a failure')
    .option('--force', 'overwrite what is there')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Without --keep the file is removed at the end, also after a failure or Ctrl-C; a device never is. The limit is told by who
waits: the generator when the writers wait for data, the device when the generator waits for buffers, the queue when both do,
and neither when nobody waits for a tenth of the time.`,
    )
    .action(bench)
}

async function bench(options: BenchArguments): Promise<void> {
  const { json = false, out, writers, writeSize, buffers, direct, sync, keep, force } = options
  if (out === undefined)
    throw new UsageError('--out is missing: say which file to write, as in --out /mnt/disk/test')
  if (out === '-')
    throw new UsageError('--out must be a file or a device: standard output cannot be written at an offset')
  const { threads: producers, ...data } = dataOptionsOf(options)
  const { writeBenchmark } = await import('../datagen/write-bench.ts')
  const report = await withProgressBar('writing', (signal, tell) =>
    writeBenchmark({
      ...{ ...data, path: out, producers, writers, writeSize, buffers, direct, sync, keep, force, signal },
      onProgress: ({ bytes, total }) => tell(bytes, total),
    }),
  )
  if (json) return await writeJson(report)
  for (const line of linesOf(report)) await writeLine(line)
}

function linesOf(report: WriteBenchmarkReport): string[] {
  const { bottleneck, bytes, device, direct, latency, path, producers, seconds, writers, writes, writeSize } =
    report
  const { bytesPerSecond, durableBytesPerSecond, kept, syncSeconds } = report
  const how = `${counted(writes, 'write')} of ${formatBytes(writeSize)}, ${direct ? 'past the page cache' : 'through the page cache'}`
  const { max, min, p50, p90, p99, p999 } = latency
  const micros = { min, '50 %': p50, '90 %': p90, '99 %': p99, '99.9 %': p999, max }
  const times = Object.entries(micros).map(([name, value]) => `${name} ${showMicros(value)}`)
  return [
    `${path}: ${formatBytes(bytes)} in ${seconds.toFixed(2)} s, ${showRate(bytesPerSecond)}; ${how}`,
    ...(syncSeconds === null
      ? []
      : [`fsync:      ${syncSeconds.toFixed(3)} s; with it ${showRate(durableBytesPerSecond ?? 0)}`]),
    `generator:  ${showRate(producers.bytesPerSecond)} when it never waits; ${counted(producers.threads, 'thread')}, waiting ${showShare(producers.waiting)}`,
    `device:     ${showRate(device.bytesPerSecond)} while it writes; ${counted(writers.threads, 'writer')}, waiting ${showShare(writers.waiting)}`,
    `latency:    ${times.join('  ')}`,
    `bottleneck: ${bottleneck}: ${advice[bottleneck]}`,
    ...(kept ? [] : [`${path} was removed (--keep leaves it)`]),
  ]
}

const advice = {
  generator: 'writers wait for data; more --threads may help',
  device:
    'the generator waits for the device; more --writers or a larger --write-size may help, until the device is at its end',
  queue: 'both sides wait for each other; more --buffers may help, or fewer threads where processors are few',
  balanced: 'neither side waits for the other',
} as const

function showRate(bytesPerSecond: number): string {
  return `${formatBytes(Math.round(bytesPerSecond))}/s`
}

function showShare(share: number): string {
  return `${(100 * share).toFixed(0)} % of its time`
}

function showMicros(micros: number): string {
  return micros < 1000 ? `${micros.toFixed(0)} µs` : `${(micros / 1000).toFixed(2)} ms`
}
