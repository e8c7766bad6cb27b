import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import type { Command } from 'commander'
import { BurrowError, invalidArgument } from '../base/errors.ts'
import type { DataGenerator, DataGeneratorOptions } from '../datagen.ts'
import { formatBytes, KiB, MiB } from '../util/units.ts'
import { addDataOptions, type DataArguments, dataOptionsOf } from './data-options.ts'
import { addDatagenBench } from './datagen-bench.ts'
import { addDatagenMeasure } from './datagen-measure.ts'
import { UsageError } from './failure.ts'
import { OutputClosed, write, writeJson, writeLine } from './output.ts'
import { isPlainFile, writeOutputFile } from './output-file.ts'
import { allocatePageAligned } from './page-aligned.ts'
import { withProgressBar } from './progress-bar.ts'

interface GenerateArguments extends DataArguments {
  readonly out?: string
  readonly direct?: boolean
  readonly json?: boolean
}

export function addDatagen(program: Command): void {
  const datagen = program
    .command('datagen')
    .description('make data of a given size, dedup ratio and compression ratio, for a file or a pipe')
    // Options behind the name of a subcommand are that one's.
    .enablePositionalOptions()
  addDataOptions(datagen)
    .option('--out <file>', 'write there; - is standard output, which is the default unless it is a terminal')
    .option('--direct', 'with --out: go around the page cache (O_DIRECT)')
    .option('--json', 'with --out: print {"file", "bytes", "seconds", "bytesPerSecond", "seed", …}')
    .addHelpText(
      'after',
      `
Sizes are bytes, or have a unit: 64KiB, 1.5GiB, 10GB. The same options and seed give the same bytes. A file has its name
only when it is complete and durable; one that was there under that name stays until then.`,
    )
    .action(generate)
  addDatagenMeasure(datagen)
  addDatagenBench(datagen)
}

const standardOutput = '-'
/** Small enough to stay in a processor's cache until it is written. */
const chunkSize = MiB
const directChunkSize = 8 * MiB
/** What direct I/O counts in: a multiple of every disk's sector. */
const directUnit = 4 * KiB

/** Two: one is filled while the other is written. */
type Buffers = readonly [Buffer, Buffer]

interface Work {
  readonly file: string
  readonly generator: DataGenerator
  readonly signal: AbortSignal
  readonly tell: () => void
}

async function generate(options: GenerateArguments): Promise<void> {
  const { direct = false, json = false, out } = options
  const data = dataOptionsOf(options)
  const file = out ?? standardOutput
  if (file === standardOutput) {
    if (json) throw new UsageError('--json needs --out: the data itself goes to standard output')
    if (direct) throw new UsageError('--direct needs --out: standard output is opened already')
    if (out === undefined && process.stdout.isTTY)
      throw new UsageError(
        'this would write the data to the terminal: use --out <file>, or --out - if you mean it',
      )
  }
  const { DataGenerator } = await import('../datagen.ts')
  using generator = new DataGenerator(data)
  const began = performance.now()
  await withProgressBar('generating', async (signal, tell) => {
    const work: Work = { file, generator, signal, tell: () => tell(generator.position, generator.size) }
    if (file === standardOutput) await toStandardOutput(work)
    else if (direct) await toFileDirectly(work)
    else await toFile(work)
  })
  const seconds = (performance.now() - began) / 1000
  await report(file, generator, data, seconds, json)
}

async function report(
  file: string,
  { seed, size }: DataGenerator,
  data: DataGeneratorOptions,
  seconds: number,
  json: boolean,
): Promise<void> {
  const bytesPerSecond = seconds > 0 ? size / seconds : 0
  if (json) {
    const { blockSize = 4 * MiB, compressRatio = 1, dedupRatio = 1, pattern = 'zeros' } = data
    return await writeJson({
      file,
      bytes: size,
      seconds,
      bytesPerSecond,
      seed: seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : String(seed),
      dedupRatio,
      compressRatio,
      pattern,
      blockSize,
    })
  }
  const rate = `${formatBytes(size)} in ${seconds.toFixed(2)} s, ${formatBytes(bytesPerSecond)}/s, seed ${seed}`
  if (file === standardOutput) process.stderr.write(`${rate}\n`)
  else await writeLine(`${file}: ${rate}`)
}

async function toStandardOutput(work: Work): Promise<void> {
  try {
    await copy(work, buffersOf(chunkSize), write)
  } catch (cause) {
    if (!(cause instanceof OutputClosed)) throw cause
    throw new BurrowError('BURROW_IO', `datagen: whoever reads standard output closed it ${afterOf(work)}`, {
      context: { operation: 'datagen' },
      cause,
    })
  }
}

async function toFile(work: Work): Promise<void> {
  await writeOutputFile(work.file, 'w', async (handle) => {
    await copy(work, buffersOf(chunkSize), (chunk) => writeAll(handle, chunk))
  })
}

/** The last piece is written up to a whole number of units, and the file cut to its length afterwards. */
async function toFileDirectly(work: Work): Promise<void> {
  const { file, generator } = work
  if (constants.O_DIRECT === undefined) {
    throw new BurrowError('BURROW_UNSUPPORTED', '--direct: this system has no O_DIRECT; leave it out', {
      context: { feature: '--direct' },
    })
  }
  const rest = generator.size % directUnit
  if (rest !== 0 && !(await isPlainFile(file))) {
    throw invalidArgument(
      `--direct: ${file} is no regular file, which could be cut, so --size must be a multiple of ${directUnit}`,
      { operation: 'datagen', option: 'size', value: generator.size },
    )
  }
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DIRECT
  const [first, second] = allocatePageAligned(2, directChunkSize) as [Buffer, Buffer]
  try {
    await writeOutputFile(file, flags, async (handle) => {
      await copy(work, [first, second], (chunk) => {
        const length = Math.ceil(chunk.length / directUnit) * directUnit
        return writeAll(handle, Buffer.from(chunk.buffer, chunk.byteOffset, length))
      })
      if (rest !== 0) await handle.truncate(generator.size)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error
    throw new BurrowError(
      'BURROW_UNSUPPORTED',
      `--direct: the file system of ${file} does not take direct I/O (O_DIRECT); leave --direct out, or write to another one`,
      { context: { feature: '--direct', file }, cause: error },
    )
  }
}

function buffersOf(size: number): Buffers {
  return [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)]
}

/** Everything that the generator makes, in order; one chunk is made while the one before is written. */
async function copy(work: Work, buffers: Buffers, sink: (chunk: Buffer) => Promise<void>): Promise<void> {
  const { file, generator, signal, tell } = work
  let [filling, writing] = buffers
  let filled = await generator.fill(filling)
  while (filled > 0) {
    if (signal.aborted) throw new BurrowError('BURROW_ABORTED', `datagen: interrupted ${afterOf(work)}`)
    ;[filling, writing] = [writing, filling]
    const full = writing.subarray(0, filled)
    try {
      ;[filled] = await Promise.all([generator.fill(filling), sink(full)])
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error
      const where = file === standardOutput ? 'standard output' : file
      throw new BurrowError(
        'BURROW_NO_SPACE',
        `datagen: no space left for ${where} ${afterOf(work)}. Free disk space, or write less`,
        { context: { operation: 'datagen', file }, cause: error },
      )
    }
    tell()
  }
}

/** What is generated need not be written. */
function afterOf({ generator: { position, size } }: Work): string {
  return `after at most ${formatBytes(position)} of ${formatBytes(size)}`
}

async function writeAll(handle: FileHandle, chunk: Buffer): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    at += (await handle.write(chunk, at, chunk.length - at)).bytesWritten
  }
}
