/** Methods that every Buffer of Node has and its types leave out: they skip the argument handling of write and toString. */
export interface FastBuffer extends Buffer {
  utf8Write(text: string, offset: number): number
  utf8Slice(start: number, end: number): string
  latin1Slice(start: number, end: number): string
}

/** A buffer of its own memory, which nothing else shares; its bytes are arbitrary. */
export function allocateFast(size: number): FastBuffer {
  return Buffer.allocUnsafeSlow(size) as Buffer as FastBuffer
}

type MakeBuffer = new (memory: ArrayBufferLike, offset: number, length: number) => FastBuffer
/** The class behind Buffer's factories. `Buffer.from` and `subarray` get there, too, at twice the price of the object. */
const BufferView = (Buffer as unknown as { [Symbol.species]: MakeBuffer })[Symbol.species]

/** A Buffer over part of `memory`, which it keeps alive. */
export function viewOf(memory: ArrayBufferLike, offset: number, length: number): FastBuffer {
  return new BufferView(memory, offset, length)
}
