/**
 * The observed forms of what answers calls. They are put in place of the plain ones while somebody observes, so the plain
 * ones ask nothing; see DebugHost.observe.
 */
import type { Phases } from '../base/phases.ts'
import type { OperationCall, OperationName, OperationObserver } from './debug-host.ts'
import type { Scans } from './readable.ts'
import type { ReadCalls } from './reads.ts'
import type { ScanHostOptions } from './scan.ts'
import type { WriteCalls } from './writes.ts'

class ObservedCall implements OperationCall {
  readonly name: OperationName
  readonly sync: boolean
  readonly subject: unknown
  readonly began: number
  ended = Number.NaN
  result: unknown
  error: unknown
  failed = false
  scan = 0
  phases: Phases | undefined

  constructor(name: OperationName, sync: boolean, subject: unknown) {
    this.name = name
    this.sync = sync
    this.subject = subject
    this.began = performance.now()
  }
}

/** One observer, and what it takes to tell it of calls. */
export class Observation {
  readonly #observer: OperationObserver
  /** The `scan` call under way: native code tells its number before it returns. */
  #opening: ObservedCall | undefined

  constructor(observer: OperationObserver) {
    this.#observer = observer
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
    const observedEngine = Object.assign(Object.create(engine) as typeof engine, {
      openScan: (...parameters: Parameters<typeof engine.openScan>) => {
        const scan = engine.openScan(...parameters)
        if (this.#opening !== undefined) this.#opening.scan = scan
        return scan
      },
      fillScan: (scan: number, buffer: Uint8Array, records: number) => {
        const call = new ObservedCall('next', true, records)
        call.scan = scan
        return this.#now(call, () => engine.fillScan(scan, buffer, records))
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
      this.#end(call)
    }
  }

  #later<T>(call: ObservedCall, body: () => Promise<T>): Promise<T> {
    const observer = this.#observer
    observer.begin?.(call)
    const promise = observer.run === undefined ? body() : observer.run(call, body)
    // The promise that follows is the caller's: an error that nobody handles must stay one that nobody handles.
    return promise.then(
      (result) => {
        call.result = result
        this.#end(call)
        return result
      },
      (error: unknown) => {
        call.error = error
        call.failed = true
        this.#end(call)
        throw error
      },
    )
  }

  #end(call: ObservedCall): void {
    call.ended = performance.now()
    this.#observer.end?.(call)
  }
}
