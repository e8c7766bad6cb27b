import { BurrowError, isBurrowError } from '../../base/errors.ts'
import { findAnnouncement } from '../../debug/announcement.ts'
import { type FilesSample, readSample, type Sample, sampleFormat } from '../../debug/sample.ts'
import { locateFiles, type Place } from '../../kv/open.ts'
import { freeBytes } from '../../kv/statistics.ts'
import { fileName, lockName } from '../../manifest/file-names.ts'
import { readState } from '../../manifest/recovery.ts'
import { native } from '../../native.ts'
import { UsageError } from '../failure.ts'

/** A sample, or why there is none this time, in words. */
export interface Look {
  readonly sample?: Sample
  readonly notice?: string
}

export type Source = () => Promise<Look>

/** Longest wait for an answer, in milliseconds: the event loop of the other process may be busy. */
const patience = 2000
/** No sample is longer. */
const longestAnswer = 4 * 1024 * 1024

/** What `burrow top` was told to look at. Throws UsageError for a URL that is none. */
export function sourceOf(target: string): Source {
  if (/^https?:\/\//i.test(target)) {
    if (!URL.canParse(target)) throw new UsageError(`'${target}' is no URL`)
    return () => ask(target)
  }
  return () => watchPath(target)
}

async function ask(url: string): Promise<Look> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(patience), redirect: 'error' })
    const text = await textOf(response)
    if (response.status !== 200)
      return { notice: `${url} answers with ${response.status}: ${text.slice(0, 200)}` }
    const sample = readSample(JSON.parse(text))
    return 'problem' in sample ? { notice: `${url} answers, but ${sample.problem}` } : { sample }
  } catch (error) {
    return { notice: `${url} does not answer: ${reasonOf(error as Error)}` }
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength
    if (length > longestAnswer) throw new Error(`its answer is longer than ${longestAnswer} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf({ cause, message, name }: Error): string {
  if (name === 'TimeoutError') return `nothing for ${patience / 1000} s; its event loop may be busy`
  return cause instanceof Error && cause.message !== '' ? cause.message : message
}

/** The process that serves the database; where none does, its files. */
async function watchPath(path: string): Promise<Look> {
  const found = findAnnouncement(path)
  if (found === undefined) return { sample: lookAtFiles(path) }
  const look = await ask(found.url)
  if (look.sample !== undefined || isRunning(found.pid)) return look
  return { sample: lookAtFiles(path), notice: `process ${found.pid}, which served it, has ended` }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Takes no lock and changes nothing. Throws when there is no database, or when its manifest cannot be read. */
export function lookAtFiles(path: string): FilesSample {
  const place = locateFiles(path, undefined)
  const { directory, env } = place
  const found = readState(env, directory)
  if (found === undefined) {
    throw new BurrowError('BURROW_NOT_FOUND', `there is no database in ${path}`, { context: { file: path } })
  }
  const size = (name: string) => {
    try {
      return env.fileSize(`${directory}/${name}`)
    } catch (error) {
      // Between the manifest and this look the writer may have deleted it.
      if (isBurrowError(error)) return 0
      throw error
    }
  }
  const { lastSequence, version, wals } = found.state
  const walBytes = wals.reduce((sum, wal) => sum + size(fileName('wal', wal)), 0)
  const manifestBytes = size(fileName('manifest', found.manifest))
  return {
    format: sampleFormat,
    source: 'files',
    at: Date.now(),
    version: native.version,
    pid: writerOf(place),
    path,
    files: {
      levels: version.levels
        .slice(0, version.deepestLevel + 1)
        .map(({ bytes, tables }, level) => ({ level, files: tables.length, bytes })),
      walFiles: wals.length,
      walBytes,
      manifestBytes,
      bytes: version.totalBytes + walBytes + manifestBytes,
      freeBytes: freeBytes(place),
      lastSequence,
    },
  }
}

/** LOCK has the id of who holds it, also of who was killed. */
function writerOf({ directory, env }: Place): number | null {
  try {
    const pid = Number(env.readFile(`${directory}/${lockName}`, 32).toString('latin1'))
    return pid > 0 && isRunning(pid) ? pid : null
  } catch (error) {
    if (isBurrowError(error)) return null
    throw error
  }
}
