/**
 * The Trace Event Format of Chrome ("JSON Object Format"), which https://ui.perfetto.dev opens:
 * https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
import { open } from 'node:fs/promises'

/** What is plotted on a line of its own; overlapping spans of one group get several lines. */
export type TrackGroup = 'calls' | 'asynchronous calls' | 'flush' | 'compaction' | 'recovery' | 'events'

/** A span or a moment, as the tracer keeps it. Times are milliseconds of performance.now(). */
export interface TraceRecord {
  readonly group: TrackGroup
  readonly name: string
  readonly began: number
  /** Undefined: a moment. */
  readonly ended: number | undefined
  readonly args: Readonly<Record<string, unknown>>
}

/** One event of the file. `ts` and `dur` are microseconds; `ts` counts from the start of the process. */
export interface TraceEvent {
  readonly name: string
  /** `operation`, `job`, `event` or `__metadata`. */
  readonly cat: string
  /** `X`: complete, `i`: instant, `C`: counter, `M`: metadata. */
  readonly ph: 'X' | 'i' | 'C' | 'M'
  readonly ts: number
  readonly dur?: number
  readonly pid: number
  readonly tid: number
  /** Of an instant: p, the process. */
  readonly s?: 'p'
  readonly args: Readonly<Record<string, unknown>>
}

const groups: readonly TrackGroup[] = [
  'calls',
  'asynchronous calls',
  'flush',
  'compaction',
  'recovery',
  'events',
]
/** Lines that a group can have: numbers of tracks stay apart. */
const linesOfGroup = 10_000

function categoryOf(group: TrackGroup): string {
  return group === 'events' ? 'event' : group.endsWith('calls') ? 'operation' : 'job'
}

/** The records as events, in the order of their beginnings. */
export function traceEvents(records: Iterable<TraceRecord>): TraceEvent[] {
  const sorted = [...records].sort((a, b) => a.began - b.began)
  const lines = new Map<TrackGroup, number[]>()
  return sorted.flatMap((record) => {
    const { args, began, ended, group, name } = record
    const line = group === 'calls' || ended === undefined ? 0 : lineFor(lines, group, began, ended)
    const at = {
      cat: categoryOf(group),
      ts: micros(began),
      pid: process.pid,
      tid: trackOf(group, line),
    }
    if (ended !== undefined) return [{ name, ph: 'X', dur: micros(ended - began), ...at, args }]
    const instant: TraceEvent = { name, ph: 'i', s: 'p', ...at, args }
    if (name !== 'stall') return [instant]
    const levels = { none: 0, slowdown: 1, stop: 2 }
    const state = levels[args['state'] as keyof typeof levels]
    return [instant, { name: 'write stall', ph: 'C', ...at, args: { state } }]
  })
}

/** Spans of one line must not overlap: each takes the first line that is free. */
function lineFor(lines: Map<TrackGroup, number[]>, group: TrackGroup, began: number, ended: number): number {
  let ends = lines.get(group)
  if (ends === undefined) {
    ends = []
    lines.set(group, ends)
  }
  const free = ends.findIndex((end) => end <= began)
  const line = free >= 0 ? free : Math.min(ends.length, linesOfGroup - 1)
  ends[line] = ended
  return line
}

function trackOf(group: TrackGroup, line: number): number {
  return groups.indexOf(group) * linesOfGroup + line + 1
}

/** Whole nanoseconds at most: more digits would be made up. */
function micros(ms: number): number {
  return Math.round(ms * 1e6) / 1e3
}

/** The names of the process and of every track that occurs. */
function metadata(events: readonly TraceEvent[], process_name: string): TraceEvent[] {
  const { pid } = process
  const about = { cat: '__metadata', ph: 'M', ts: 0, pid } as const
  const tracks = [...new Set(events.map(({ tid }) => tid))].sort((a, b) => a - b)
  return [
    { name: 'process_name', ...about, tid: 0, args: { name: process_name } },
    ...tracks.flatMap((tid): TraceEvent[] => {
      const group = groups[Math.floor((tid - 1) / linesOfGroup)]
      const line = (tid - 1) % linesOfGroup
      const name = line === 0 ? group : `${group} ${line + 1}`
      return [
        { name: 'thread_name', ...about, tid, args: { name } },
        { name: 'thread_sort_index', ...about, tid, args: { sort_index: tid } },
      ]
    }),
  ]
}

export interface TraceFile {
  readonly processName: string
  readonly events: readonly TraceEvent[]
  /** Further facts, for people and tools: kept as `otherData`. */
  readonly about: Readonly<Record<string, unknown>>
}

/** Writes the file, over what is there. Rejects with what the file system says. */
export async function writeTraceFile(path: string, { about, events, processName }: TraceFile): Promise<void> {
  const file = await open(path, 'w')
  try {
    const head = JSON.stringify({ displayTimeUnit: 'ns', otherData: about })
    await file.write(`${head.slice(0, -1)},"traceEvents":[\n`)
    const all = [...metadata(events, processName), ...events]
    // In pieces: a string of all of them could be longer than strings can be.
    for (let at = 0; at < all.length; at += 1000) {
      const piece = all.slice(at, at + 1000).map((event) => JSON.stringify(event))
      await file.write(`${at === 0 ? '' : ',\n'}${piece.join(',\n')}`)
    }
    await file.write('\n]}\n')
  } finally {
    await file.close()
  }
}
