import { isPlainBytes } from '../base/encodings.ts'
import { invalidArgument } from '../base/errors.ts'
import { describeValue } from '../util/describe-value.ts'

/** Where bytes are put: a Buffer, any other view, or the memory itself, shared memory included. */
export type FillTarget = ArrayBufferView | ArrayBufferLike

/** The bytes that `target` stands for. Throws BURROW_INVALID_ARGUMENT for what has none. */
export function bytesOfTarget(target: unknown, call: string): Uint8Array {
  if (isPlainBytes(target)) return target.length > 0 ? target : refuseEmpty(call)
  const bytes = viewBytes(target)
  if (bytes === undefined) {
    throw invalidArgument(
      `${call}: the buffer must be a Buffer, another view, an ArrayBuffer or a SharedArrayBuffer, got ${describeValue(target)}`,
      { operation: call, value: target },
    )
  }
  return bytes.length > 0 ? bytes : refuseEmpty(call)
}

/** Undefined for what is no memory; no bytes for memory that was transferred away. */
function viewBytes(target: unknown): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(target)) return new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
    if (target instanceof ArrayBuffer || target instanceof SharedArrayBuffer) return new Uint8Array(target)
  } catch {
    return new Uint8Array(0)
  }
  return undefined
}

function refuseEmpty(call: string): never {
  throw invalidArgument(
    `${call}: the buffer has no bytes: it is empty, or its memory was transferred away; it must have at least 1 byte`,
    { operation: call, allowed: 'a buffer of 1 byte or more' },
  )
}

/** Throws for memory that could shrink while other threads write to it. */
export function refuseResizable(bytes: Uint8Array, call: string): void {
  if ((bytes.buffer as { resizable?: boolean }).resizable !== true) return
  throw invalidArgument(
    `${call}: the memory of the buffer is resizable and could shrink while it is filled; use fillSync, or an ArrayBuffer of fixed length`,
    { operation: call },
  )
}
