interface Memory {
  readonly buffer: ArrayBuffer
}

interface WithWebAssembly {
  readonly WebAssembly: { readonly Memory: new (pages: { initial: number; maximum: number }) => Memory }
}

const wasmPage = 65536

/**
 * Buffers for direct I/O, which needs memory that begins at a page of the processor. Node's own buffers begin anywhere; the
 * memory of WebAssembly does not. REQUIRES: `size` is a multiple of 4096.
 */
export function allocatePageAligned(count: number, size: number): Buffer[] {
  const pages = Math.ceil((count * size) / wasmPage)
  const { buffer } = new (globalThis as unknown as WithWebAssembly).WebAssembly.Memory({
    initial: pages,
    maximum: pages,
  })
  return Array.from({ length: count }, (_, i) => Buffer.from(buffer, i * size, size))
}
