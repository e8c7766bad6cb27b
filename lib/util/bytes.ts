/** Order of user keys: bytes, unsigned, the shorter first when one is a prefix of the other. < 0, 0 or > 0. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b)
}

/** A Buffer over the same memory as `view`; nothing is copied. */
export function asBuffer(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
}

const plain = /^[A-Za-z0-9_.+*/=@#$%&!?;<>~^{}|'"-]$/

/**
 * Bytes as text that one can read and that parses back: letters, digits and harmless punctuation as they are,
 * every other byte as `\xNN`. The result has no space, comma, colon, bracket, parenthesis or line end.
 */
export function escapeBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    text += plain.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}

/** The inverse of `escapeBytes`. Throws RangeError for text that `escapeBytes` cannot have made. */
export function unescapeBytes(text: string): Uint8Array {
  const bytes: number[] = []
  for (let i = 0; i < text.length; ) {
    const char = text.charAt(i)
    if (char === '\\') {
      const hex = /^x([0-9a-f]{2})$/.exec(text.slice(i + 1, i + 4))?.[1]
      if (hex === undefined) throw new RangeError(`bad escape at ${i} in ${JSON.stringify(text)}`)
      bytes.push(Number.parseInt(hex, 16))
      i += 4
    } else {
      if (!plain.test(char))
        throw new RangeError(`unescaped ${JSON.stringify(char)} at ${i} in ${JSON.stringify(text)}`)
      bytes.push(char.charCodeAt(0))
      i += 1
    }
  }
  return Uint8Array.from(bytes)
}
