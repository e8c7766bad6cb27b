/** How far a separator is looked for. */
const farthest = 64
const withoutSeparator = 4

/** What a key begins with: up to and including the first printable ASCII byte that is no letter and no digit; else four bytes. */
export function keyPrefix(key: Buffer): Buffer {
  const end = Math.min(key.length, farthest)
  for (let i = 0; i < end; i++) {
    if (isSeparator(key[i]!)) return key.subarray(0, i + 1)
  }
  return key.subarray(0, withoutSeparator)
}

function isSeparator(byte: number): boolean {
  const digit = byte >= 0x30 && byte <= 0x39
  const letter = (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
  // Not control bytes: binary keys, numbers above all, are full of them.
  return byte >= 0x20 && byte < 0x7f && !digit && !letter
}
