import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { BurrowError } from '../../base/errors.ts'

/** A file to import. */
export interface ImportFile {
  readonly file: string
  /** As it is stored. */
  readonly bytes: number
  /** MD5 of what is stored, in base64, where a manifest says it. */
  readonly md5?: string
}

type Bytes = AsyncIterable<Uint8Array>

/**
 * The files that a path means: itself, or those of a folder: an export of DynamoDB, as its manifest lists them, or else every
 * .json and .json.gz in its `data`, or in itself. Throws BURROW_NOT_FOUND.
 */
export async function importFiles(path: string): Promise<ImportFile[]> {
  const found = await stat(path).catch((error: Error) => {
    throw new BurrowError('BURROW_NOT_FOUND', `there is no ${path} to import: ${error.message}`, {
      context: { path },
    })
  })
  if (!found.isDirectory()) return [{ file: path, bytes: found.size }]
  const manifest = await readFile(join(path, 'manifest-files.json'), 'utf8').catch(() => undefined)
  const folder = await dataFolder(path)
  const listed = manifest === undefined ? await namesIn(folder) : namesOf(manifest, path)
  const files: ImportFile[] = []
  for (const { md5, name } of listed) {
    const file = join(folder, name)
    const { size } = await stat(file).catch((error: Error) => {
      throw new BurrowError(
        'BURROW_NOT_FOUND',
        `${file}, which the manifest names, is not there: ${error.message}`,
        {
          context: { path: file },
        },
      )
    })
    files.push({ file, bytes: size, ...(md5 === undefined ? {} : { md5 }) })
  }
  if (files.length > 0) return files
  throw new BurrowError('BURROW_NOT_FOUND', `there is no .json or .json.gz in ${folder}`, {
    context: { path },
  })
}

interface Listed {
  readonly name: string
  readonly md5?: string | undefined
}

async function dataFolder(path: string): Promise<string> {
  const data = join(path, 'data')
  const isFolder = await stat(data).then(
    (found) => found.isDirectory(),
    () => false,
  )
  return isFolder ? data : path
}

async function namesIn(folder: string): Promise<Listed[]> {
  const names = await readdir(folder)
  return names
    .filter((name) => /\.json(?:\.gz)?$/.test(name) && !name.startsWith('manifest-'))
    .sort()
    .map((name) => ({ name }))
}

/** The manifest has a line for each file; of its key in S3 only the last part counts. */
function namesOf(manifest: string, path: string): Listed[] {
  return manifest.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return []
    let entry: { dataFileS3Key?: unknown; md5Checksum?: unknown } | null = null
    try {
      entry = JSON.parse(line)
    } catch {
      // Said below.
    }
    if (typeof entry?.dataFileS3Key !== 'string')
      throw new BurrowError(
        'BURROW_INVALID_ARGUMENT',
        `line ${index + 1} of the manifest in ${path} names no file`,
        {
          context: { path, line: index + 1 },
        },
      )
    const md5 = typeof entry.md5Checksum === 'string' ? entry.md5Checksum : undefined
    return [{ name: basename(entry.dataFileS3Key), md5 }]
  })
}

/** Throws BURROW_CORRUPTION for a file that is not what its manifest says. */
export async function checkFile({ file, md5 }: ImportFile): Promise<void> {
  if (md5 === undefined) return
  const hash = createHash('md5')
  await pipeline(createReadStream(file), hash)
  if (hash.digest('base64') === md5) return
  throw new BurrowError(
    'BURROW_CORRUPTION',
    `${file} is not what it was when it was exported: its MD5 is another one`,
    {
      context: { path: file },
    },
  )
}

/** The bytes of a file; `tell` learns of those that were read. */
export function readImportFile({ file }: ImportFile, tell: (bytes: number) => void): Bytes {
  return unzipped(counted(createReadStream(file, { highWaterMark: 256 * 1024 }), tell))
}

async function* counted(chunks: AsyncIterable<Uint8Array>, tell: (bytes: number) => void): Bytes {
  for await (const chunk of chunks) {
    yield chunk
    tell(chunk.byteLength)
  }
}

/** The same bytes, or what they are when they are uncompressed, if they begin as gzip does. */
export async function* unzipped(chunks: Bytes): Bytes {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const all = async function* () {
    yield first.value
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* all()
  const gunzip = createGunzip()
  const done = pipeline(Readable.from(all()), gunzip)
  // Told by the iteration first.
  done.catch(() => undefined)
  yield* gunzip
  await done
}
