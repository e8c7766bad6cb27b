/** What stands for bytes that are hidden: `<12 bytes>`. */
export function redacted(bytes: Uint8Array): string {
  return `<${bytes.byteLength} ${bytes.byteLength === 1 ? 'byte' : 'bytes'}>`
}
