import { createHash } from 'node:crypto'
import { mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Command, Option } from 'commander'
import { counted } from '../../util/counted.ts'
import { formatBytes } from '../../util/units.ts'
import { UsageError } from '../failure.ts'
import { write, writeJson, writeLine } from '../output.ts'
import { writeOutputFile } from '../output-file.ts'
import { withProgressBar } from '../progress-bar.ts'
import { type ExportedLines, exportLines } from './export-lines.ts'
import { pathArgument, tableArgument } from './options.ts'
import { type Session, withTablesReader } from './with-tables.ts'

interface ExportArguments {
  readonly output?: string
  readonly folder?: string
  readonly gzip?: boolean
  readonly plain?: boolean
  readonly json?: boolean
}

interface Done {
  readonly items: number
  readonly bytes: number
}

export function addExport(table: Command): void {
  table
    .command('export')
    .description('write all items as DynamoDB JSON lines, which import and DynamoDB read, of one moment')
    .argument(...pathArgument)
    .argument(...tableArgument)
    .option('--output <file>', 'write there; the file has its name only when it is complete and durable')
    .addOption(
      new Option(
        '--folder <folder>',
        "write a new folder like DynamoDB's exports to S3: manifests and data",
      ).conflicts(['output', 'plain']),
    )
    .option('--gzip', 'compress; so is an output whose name ends in .gz')
    .option('--plain', 'lines of plain JSON: for people, not for import of sets and bytes')
    .option('--json', 'with --output or --folder: print {"items", "bytes"}')
    .action(exportTable)
}

async function exportTable(path: string, name: string, options: ExportArguments): Promise<void> {
  const { folder, json, output = '-', plain = false } = options
  const gzip = options.gzip === true || output.endsWith('.gz')
  if (json && folder === undefined && output === '-')
    throw new UsageError('--json needs --output or --folder: the lines are JSON themselves')
  await withTablesReader(path, { dynamodbJson: !plain }, async (session) => {
    const total = await itemsOf(session, name)
    const copy = (sink: Sink) =>
      withProgressBar('exporting', (signal, tell) =>
        copyLines(
          exportLines(session, name, plain, signal, (items) => tell(items, Math.max(items, total))),
          sink,
          {
            gzip: folder !== undefined || gzip,
          },
        ),
      )
    if (folder === undefined && output === '-') return void (await copy(write))
    const done = folder === undefined ? await toFile(output, copy) : await toFolder(folder, copy)
    if (json) await writeJson(done)
    else await writeLine(`${counted(done.items, 'item')}, ${formatBytes(done.bytes)}`)
  })
}

type Sink = (chunk: Uint8Array | string) => Promise<void>
type Copy = (sink: Sink) => Promise<number>

/** Counting them would be as much work as writing them; the counts of the files are good enough for a bar. */
async function itemsOf({ tables }: Session, name: string): Promise<number> {
  await tables.describe(name, { count: false })
  return tables.database
    .levels()
    .reduce((sum, { files }) => files.reduce((all, file) => all + file.entries, sum), 0)
}

/** The number of items. */
async function copyLines(lines: ExportedLines, sink: Sink, { gzip }: { gzip: boolean }): Promise<number> {
  const take = async (chunks: AsyncIterable<Uint8Array | string>) => {
    for await (const chunk of chunks) await sink(chunk)
  }
  if (gzip) await pipeline(Readable.from(lines.chunks), createGzip(), take)
  else await take(lines.chunks)
  return lines.items()
}

async function toFile(file: string, copy: Copy): Promise<Done> {
  let items = 0
  let bytes = 0
  await writeOutputFile(file, 'w', async (handle) => {
    items = await copy(async (chunk) => {
      const data = Buffer.from(chunk)
      bytes += data.length
      await handle.writeFile(data)
    })
  })
  return { items, bytes }
}

const dataFile = 'data/items.json.gz'

/** As DynamoDB lays out an export to S3, with one data file. The manifests are written last. */
async function toFolder(folder: string, copy: Copy): Promise<Done> {
  const startTime = new Date().toISOString()
  await mkdir(folder)
  await mkdir(join(folder, 'data'))
  const md5 = createHash('md5')
  let bytes = 0
  let itemCount = 0
  await writeOutputFile(join(folder, dataFile), 'wx', async (handle) => {
    itemCount = await copy(async (chunk) => {
      const data = Buffer.from(chunk)
      bytes += data.length
      md5.update(data)
      await handle.writeFile(data)
    })
  })
  const md5Checksum = md5.digest('base64')
  const etag = Buffer.from(md5Checksum, 'base64').toString('hex')
  await writeDocument(join(folder, 'manifest-files.json'), {
    itemCount,
    md5Checksum,
    etag,
    dataFileS3Key: dataFile,
  })
  await writeDocument(join(folder, 'manifest-summary.json'), {
    version: '2020-06-30',
    startTime,
    endTime: new Date().toISOString(),
    exportTime: startTime,
    manifestFilesS3Key: 'manifest-files.json',
    itemCount,
    outputFormat: 'DYNAMODB_JSON',
    exportType: 'FULL_EXPORT',
  })
  return { items: itemCount, bytes }
}

async function writeDocument(file: string, document: object): Promise<void> {
  const handle = await open(file, 'wx')
  try {
    await handle.writeFile(`${JSON.stringify(document)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
}
