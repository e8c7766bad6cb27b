import { fileURLToPath } from 'node:url'
import type { LeakedHandle } from '../base/events.ts'
import type { DebugHost, OperationCall } from '../kv/debug-host.ts'
import { addObserver } from './observers.ts'

/** An iterator or snapshot that is open. */
export interface LiveHandle {
  readonly kind: 'iterator' | 'snapshot'
  /** Milliseconds since it was opened. */
  readonly ageMs: number
  /** What a snapshot reads at; null for an iterator. */
  readonly sequence: number | null
  /** Where it was opened; null unless the option `debug: { trackHandles: true }` is on. */
  readonly stack: string | null
}

/** Frames of the stack that are kept, those of burrowdb not counted. */
const frames = 12

/** Knows the stacks that opened handles, in a database with `debug: { trackHandles: true }`; without it, nothing. */
export class HandleTracker {
  readonly #host: DebugHost
  /** With when it was opened: what the host tells is exact to the turn of the event loop only. */
  readonly #scans = new Map<number, { readonly stack: string; readonly openedAt: number }>()
  readonly #snapshots = new WeakMap<object, string>()
  readonly #stacks = new WeakMap<OperationCall, string>()
  /** Stacks of iterators that were kept when those of the gone were last forgotten. */
  #kept = 512

  constructor(host: DebugHost) {
    this.#host = host
    if (!host.options.debug.trackHandles) return
    addObserver(host, {
      begin: (call) => {
        if (call.name === 'scan' || call.name === 'snapshot') this.#stacks.set(call, captureStack())
      },
      end: (call) => this.#opened(call),
    })
  }

  /** The oldest first. */
  live(): LiveHandle[] {
    const now = performance.now()
    const scans = this.#host.scans()
    this.#forget(new Set(scans.map(({ scan }) => scan)))
    const handles: LiveHandle[] = [
      ...scans.map(({ openedAt, scan }) => ({
        kind: 'iterator' as const,
        ageMs: now - (this.#scans.get(scan)?.openedAt ?? openedAt),
        sequence: null,
        stack: this.#scans.get(scan)?.stack ?? null,
      })),
      ...this.#host.snapshots().map(({ openedAt, sequence, snapshot }) => ({
        kind: 'snapshot' as const,
        ageMs: now - openedAt,
        sequence,
        stack: this.#snapshots.get(snapshot) ?? null,
      })),
    ]
    return handles.sort((a, b) => b.ageMs - a.ageMs)
  }

  #opened(call: OperationCall): void {
    const stack = this.#stacks.get(call)
    if (stack === undefined || call.failed) return
    if (call.name === 'snapshot') this.#snapshots.set(call.result as object, stack)
    else if (call.scan !== 0) this.#scans.set(call.scan, { stack, openedAt: call.began })
    // Nobody tells of the end of an iterator, so those that are gone are forgotten when they are the greater part.
    if (this.#scans.size >= 2 * this.#kept) {
      this.#forget(new Set(this.#host.scans().map(({ scan }) => scan)))
      this.#kept = Math.max(512, this.#scans.size)
    }
  }

  #forget(live: ReadonlySet<number>): void {
    for (const scan of this.#scans.keys()) if (!live.has(scan)) this.#scans.delete(scan)
  }
}

/** Tells of iterators and snapshots that are open when `close` begins: with an event, which the log writes down. */
export function reportLeaks(host: DebugHost, tracker: HandleTracker): void {
  host.onClosing(() => {
    const handles: LeakedHandle[] = tracker.live()
    if (handles.length > 0) host.events.emit('leak', { handles })
  })
}

function captureStack(): string {
  const holder: { stack?: string } = {}
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = frames + 12
  Error.captureStackTrace(holder)
  Error.stackTraceLimit = stackTraceLimit
  const lines = (holder.stack ?? '').split('\n').slice(1)
  // Up to the last frame of ours: what called us is behind it.
  const own = lines.findLastIndex(isOwn)
  return lines
    .slice(own + 1, own + 1 + frames)
    .map((line) => line.trim())
    .join('\n')
}

/** lib/ of this package, in dist or in the sources, as stacks show it: as a URL, or as a path under source maps. */
const library = new URL('..', import.meta.url)
const ownFolders = ['kv/', 'debug/'].flatMap((folder) => {
  const url = new URL(folder, library)
  return [url.href, fileURLToPath(url)]
})

function isOwn(frame: string): boolean {
  return ownFolders.some((folder) => frame.includes(folder))
}
