/**
 * The observed forms of what answers calls. They are put in place of the plain ones while somebody observes, so the plain
 * ones ask nothing; see DebugHost.observe.
 */
import { type PackedPhases, type Phases, packPhases, phaseNames, unpackPhases } from '../base/phases.ts'
import { type NativeEngine, SCAN_MISSED } from '../native.ts'
import type { OperationCall, OperationName, OperationObserver } from './debug-host.ts'
import type { ReadRequests } from './read-requests.ts'
import type { Scans } from './readable.ts'
import type { ReadCalls } from './reads.ts'
import type { ScanHostOptions } from './scan.ts'
import type { WriteCalls } from './writes.ts'

class ObservedCall implements OperationCall {
  readonly name: OperationName
  readonly sync: boolean
  subject: unknown
  readonly began: number
  ended = Number.NaN
  result: unknown
  error: unknown
  failed = false
  scan = 0
  /** As native code gives them; of a call that blocks, until the next one. */
  numbers: Float64Array | undefined

  constructor(name: OperationName, sync: boolean, subject: unknown) {
    this.name = name
    this.sync = sync
    this.subject = subject
    this.began = performance.now()
  }

  get packedPhases(): PackedPhases | undefined {
    return this.numbers && packPhases(this.numbers)
  }

  get phases(): Phases | undefined {
    return this.numbers && unpackPhases(packPhases(this.numbers))
  }
}

const numbersOfPhases = 2 * phaseNames.length
const at = {
  walWrite: phaseNames.indexOf('walWrite'),
  fsync: phaseNames.indexOf('fsync'),
  wait: phaseNames.indexOf('wait'),
}

export interface ObservationHost {
  readonly engine: NativeEngine
  readonly requests: ReadRequests
}

/** Calls that are done when the log has them. */
const logged: ReadonlySet<OperationName> = new Set(['put', 'delete', 'batch', 'deleteRange', 'clear', 'sync'])

/** One observer, and what it takes to tell it of calls. */
export class Observation {
  readonly #observer: OperationObserver
  readonly #host: ObservationHost
  readonly #measured: boolean
  /** The `scan` call under way: native code tells its number before it returns. */
  #opening: ObservedCall | undefined
  /** Calls that went to the disk threads, by their request. */
  readonly #asked = new Map<number, ObservedCall>()
  /** What the last call took. */
  readonly #taken = new Float64Array(numbersOfPhases)

  constructor(observer: OperationObserver, host: ObservationHost) {
    this.#observer = observer
    this.#host = host
    this.#measured = observer.phases === true
  }

  /** To be called before the observed forms are put in place. */
  begin(): void {
    const { engine, requests } = this.#host
    if (!this.#measured) return
    engine.measurePhases(true)
    requests.onPhases = (request, phases) => {
      const call = this.#asked.get(request)
      if (call !== undefined) add(call, phases)
      this.#asked.delete(request)
    }
  }

  /** After they are taken away, unless another observation takes over. The database is open. */
  end(): void {
    if (!this.#measured) return
    this.#host.engine.measurePhases(false)
    this.#host.requests.onPhases = undefined
  }

  /** A call that blocks. */
  now<T>(name: OperationName, subject: unknown, body: () => T): T {
    return this.#now(new ObservedCall(name, true, subject), body)
  }

  /** A call that answers with a promise; `body` never throws. */
  later<T>(name: OperationName, subject: unknown, body: () => Promise<T>): Promise<T> {
    return this.#later(new ObservedCall(name, false, subject), body)
  }

  reads(reads: ReadCalls): ReadCalls {
    return {
      get: (key, options) => this.later('get', key, () => reads.get(key, options)),
      getSync: (key, options) => this.now('get', key, () => reads.getSync(key, options)),
      has: (key, options) => this.later('has', key, () => reads.has(key, options)),
      hasSync: (key, options) => this.now('has', key, () => reads.hasSync(key, options)),
      getMany: (keys, options) => this.later('getMany', keys, () => reads.getMany(keys, options)),
      getManySync: (keys, options) => this.now('getMany', keys, () => reads.getManySync(keys, options)),
    }
  }

  writes(writes: WriteCalls): WriteCalls {
    return {
      put: (key, value, options) => this.later('put', key, () => writes.put(key, value, options)),
      putSync: (key, value, options) => this.now('put', key, () => writes.putSync(key, value, options)),
      delete: (key, options) => this.later('delete', key, () => writes.delete(key, options)),
      deleteSync: (key, options) => this.now('delete', key, () => writes.deleteSync(key, options)),
      batch: (operations, options) =>
        this.later('batch', operations, () => writes.batch(operations, options)),
      batchSync: (operations, options) =>
        this.now('batch', operations, () => writes.batchSync(operations, options)),
      deleteRange: (range, options) =>
        this.later('deleteRange', range, () => writes.deleteRange(range, options)),
      deleteRangeSync: (range, options) =>
        this.now('deleteRange', range, () => writes.deleteRangeSync(range, options)),
      clear: (options) => this.later('clear', undefined, () => writes.clear(options)),
      commit: (batch, options) => this.later('batch', batch, () => writes.commit(batch, options)),
      commitSync: (batch, options) => this.now('batch', batch, () => writes.commitSync(batch, options)),
      sync: () => this.later('sync', undefined, () => writes.sync()),
    }
  }

  scans(scans: Scans): Scans {
    return {
      scan: (shape, range) => {
        const call = new ObservedCall('scan', true, range)
        this.#opening = call
        try {
          return this.#now(call, () => scans.scan(shape, range))
        } finally {
          this.#opening = undefined
        }
      },
    }
  }

  /** What iterators go through to fetch their batches. */
  scanOptions(options: ScanHostOptions): ScanHostOptions {
    const { engine, requests } = options
    /** What the request being submitted is for. */
    let filling = { scan: 0, records: 0 }
    const opened = (scan: number): number => {
      if (this.#opening !== undefined) this.#opening.scan = scan
      return scan
    }
    const observedEngine = Object.assign(Object.create(engine) as typeof engine, {
      openScan: (...parameters: Parameters<typeof engine.openScan>) => opened(engine.openScan(...parameters)),
      openScanFrom: (...parameters: Parameters<typeof engine.openScanFrom>) =>
        opened(engine.openScanFrom(...parameters)),
      fillScan: (scan: number, buffer: Uint8Array, records: number) => {
        const call = new ObservedCall('next', true, records)
        call.scan = scan
        return this.#now(call, () => engine.fillScan(scan, buffer, records))
      },
      fillScanFromMemory: (scan: number, buffer: Uint8Array, records: number) => {
        const call = new ObservedCall('next', false, records)
        call.scan = scan
        let found: number
        try {
          found = engine.fillScanFromMemory(scan, buffer, records)
        } catch (error) {
          return this.#now(call, () => {
            throw error
          })
        }
        // Not answered: a disk thread is asked next, and that is told.
        if (found === 0 && (buffer[8]! & SCAN_MISSED) !== 0) {
          if (this.#measured) engine.takePhases(this.#taken)
          return found
        }
        return this.#now(call, () => found)
      },
      fillScanAsync: (scan: number, request: number, records: number, bytes: number) => {
        filling = { scan, records }
        engine.fillScanAsync(scan, request, records, bytes)
      },
    } satisfies Partial<typeof engine>)
    const ask: typeof requests.ask = async (submit) => {
      // Submitted inside, so that a refusal is the error of the call, too.
      const call = new ObservedCall('next', false, undefined)
      return await this.#later(call, async () => {
        const answer = requests.ask(submit)
        call.scan = filling.scan
        call.subject = filling.records
        return await answer
      })
    }
    return { ...options, engine: observedEngine, requests: { ask } }
  }

  #now<T>(call: ObservedCall, body: () => T): T {
    const observer = this.#observer
    observer.begin?.(call)
    try {
      const result = observer.run === undefined ? body() : observer.run(call, body)
      call.result = result
      return result
    } catch (error) {
      call.error = error
      call.failed = true
      throw error
    } finally {
      call.ended = performance.now()
      if (this.#measured && this.#host.engine.takePhases(this.#taken)) call.numbers = this.#taken
      observer.end?.(call)
    }
  }

  #later<T>(call: ObservedCall, body: () => Promise<T>): Promise<T> {
    const observer = this.#observer
    const { engine, requests } = this.#host
    const firstRequest = requests.nextId
    observer.begin?.(call)
    const promise = observer.run === undefined ? body() : observer.run(call, body)
    // What a call does on this thread, it does at once.
    if (this.#measured && engine.takePhases(this.#taken)) call.numbers = this.#taken.slice()
    if (this.#measured && requests.nextId > firstRequest) this.#asked.set(firstRequest, call)
    const write = this.#measured && logged.has(call.name) ? unlessClosed(() => engine.submitted()) : undefined
    // The promise that follows is the caller's: an error that nobody handles must stay one that nobody handles.
    return promise.then(
      (result) => {
        call.result = result
        call.ended = performance.now()
        if (write !== undefined)
          addGroup(
            call,
            unlessClosed(() => engine.groupPhases(write)),
          )
        this.#observer.end?.(call)
        return result
      },
      (error: unknown) => {
        call.error = error
        call.failed = true
        call.ended = performance.now()
        this.#observer.end?.(call)
        throw error
      },
    )
  }
}

function add(call: ObservedCall, numbers: Float64Array): void {
  call.numbers ??= new Float64Array(numbersOfPhases)
  for (let index = 0; index < numbersOfPhases; index++) call.numbers[index]! += numbers[index]!
}

/** What the log did for a write, and as `wait` what is left: until it was its turn, and until its promise was settled. */
function addGroup(call: ObservedCall, group: ReturnType<NativeEngine['groupPhases']>): void {
  if (group === undefined) return
  call.numbers ??= new Float64Array(numbersOfPhases)
  const { numbers } = call
  const put = (phase: number, nanos: number) => {
    if (nanos <= 0) return
    numbers[2 * phase] = 1
    numbers[2 * phase + 1] = nanos
  }
  put(at.walWrite, group.writeNanos)
  put(at.fsync, group.syncNanos)
  let known = 0
  for (let phase = 0; phase < phaseNames.length; phase++)
    if (phase !== at.wait) known += numbers[2 * phase + 1]!
  put(at.wait, (call.ended - call.began) * 1e6 - known)
}

/** A call may end when the engine is closed already. */
function unlessClosed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
