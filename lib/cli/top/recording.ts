/** Recordings of `burrow top`: JSON lines, a header and then a sample each. */
import { appendFileSync, createReadStream, writeFileSync } from 'node:fs'
import { readSample, type Sample, sampleFormat } from '../../debug/sample.ts'
import { UsageError } from '../failure.ts'

const kind = 'burrow top'
/** No line of ours is longer. */
const longestLine = 4 * 1024 * 1024

interface Header {
  readonly recording: typeof kind
  readonly format: number
  /** Of burrowdb. */
  readonly version: string
  /** ISO 8601. */
  readonly createdAt: string
}

/** Begins a recording; returns what adds a sample to it. Each is in the file when that returns. Throws EEXIST. */
export function startRecording(file: string, version: string): (sample: Sample) => void {
  const createdAt = new Date().toISOString()
  const header: Header = { recording: kind, format: sampleFormat, version, createdAt }
  writeFileSync(file, `${JSON.stringify(header)}\n`, { flag: 'wx' })
  return (sample) => appendFileSync(file, `${JSON.stringify(sample)}\n`)
}

/** What a line of a recording turned out to be. */
export type Recorded = { readonly sample: Sample } | { readonly problem: string }

/**
 * The samples of a recording in their order. Lines that hold none are told as problems, and what follows them is read on.
 * Throws UsageError for a file that does not begin as a recording.
 */
export async function* readRecording(file: string, version: string): AsyncGenerator<Recorded> {
  let number = 0
  for await (const line of linesOf(file)) {
    number++
    const where = `line ${number}`
    if (number === 1) {
      const problem = checkHeader(line, file, version)
      if (problem !== undefined) yield { problem }
      continue
    }
    if (line === undefined) yield { problem: `${where} is longer than ${longestLine} bytes` }
    else if (line !== '') yield readLine(line, where)
  }
  if (number === 0) throw new UsageError(`${file} is empty: it is no recording of ${kind}`)
}

function readLine(line: string, where: string): Recorded {
  try {
    const sample = readSample(JSON.parse(line))
    return 'problem' in sample ? { problem: `${where}: ${sample.problem}` } : { sample }
  } catch {
    return { problem: `${where} is no JSON: the recording is damaged, or was cut off there` }
  }
}

/** What is remarkable about it. Throws UsageError when the file is something else. */
function checkHeader(line: string | undefined, file: string, version: string): string | undefined {
  let header: Partial<Header> | null = null
  try {
    header = JSON.parse(line ?? 'null') as Partial<Header> | null
  } catch {
    // Said below.
  }
  if (header?.recording !== kind) throw new UsageError(`${file} is no recording of ${kind}`)
  const made = `it was recorded by burrowdb ${String(header.version)}`
  if (header.format !== sampleFormat) {
    return `${made} in format ${String(header.format)}; burrowdb ${version} knows ${sampleFormat} and shows what fits`
  }
  return header.version === version ? undefined : `${made}; this is ${version}`
}

/** Undefined stands for a line that is too long. */
async function* linesOf(file: string): AsyncGenerator<string | undefined> {
  let begun: Buffer[] = []
  let length = 0
  const take = () => {
    const line = length > longestLine ? undefined : Buffer.concat(begun).toString('utf8').trim()
    begun = []
    length = 0
    return line
  }
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let rest = chunk
    for (let end = rest.indexOf(0x0a); end >= 0; end = rest.indexOf(0x0a)) {
      keep(rest.subarray(0, end))
      yield take()
      rest = rest.subarray(end + 1)
    }
    keep(rest)
  }
  if (length > 0) yield take()

  function keep(part: Buffer): void {
    length += part.byteLength
    if (length <= longestLine) begun.push(part)
  }
}
