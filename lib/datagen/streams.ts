import { Readable } from 'node:stream'
import { type ReadableByteStreamController, ReadableStream } from 'node:stream/web'
import { readOptions } from '../base/call-options.ts'
import { GiB, MiB } from '../util/units.ts'
import { readWhole } from './options.ts'

export interface StreamOptions {
  /** Bytes of a chunk, 1 to 1 GiB; the last one may be shorter. Default 1 MiB. */
  readonly chunkSize?: number | undefined
}

/** What streams need of a generator. */
interface Source {
  readonly size: number
  readonly position: number
  readonly done: boolean
  fill(buffer: Uint8Array): Promise<number>
}

const names = new Set(['chunkSize'] as const)

export function readChunkSize(options: unknown, call: string): number {
  const { chunkSize = MiB } = readOptions(options, names, call)
  return readWhole('chunkSize', chunkSize, 1, GiB, call)
}

function chunkOf(source: Source, chunkSize: number): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(Math.min(chunkSize, source.size - source.position))
}

/** Nothing is made before it is asked for, so there is one chunk at most that nobody has taken. */
export function webStreamOf(source: Source, chunkSize: number): ReadableStream<Uint8Array> {
  async function pull(controller: ReadableByteStreamController): Promise<void> {
    const request = controller.byobRequest
    if (!source.done) {
      const chunk = (request?.view as Uint8Array | undefined) ?? chunkOf(source, chunkSize)
      const written = await source.fill(chunk)
      if (request === null) controller.enqueue(chunk)
      else request.respond(written)
    }
    if (!source.done) return
    controller.close()
    controller.byobRequest?.respond(0)
  }
  return new ReadableStream({ type: 'bytes', pull }, { highWaterMark: 0 })
}

export function nodeStreamOf(source: Source, chunkSize: number): Readable {
  return new Readable({
    highWaterMark: chunkSize,
    read() {
      if (source.done) {
        this.push(null)
        return
      }
      const chunk = chunkOf(source, chunkSize)
      source.fill(chunk).then(
        () => this.push(chunk),
        (error) => this.destroy(error as Error),
      )
    },
  })
}
