import { native } from '../../lib/native.ts'

/** A stretch of bytes and the checksum over it: what a forger must keep in agreement. */
export interface Sealed {
  readonly what: string
  readonly offset: number
  /** Without the checksum. */
  readonly end: number
  readonly checksumAt: number
  /** Where the checksummed bytes begin, when not at `offset`. */
  readonly from: number
}

/** A copy with one byte replaced, under a checksum that holds. */
export function forge(bytes: Buffer, sealed: Sealed, at: number, value: number): Buffer {
  const forged = Buffer.from(bytes)
  forged[at] = value
  const crc = native.crc32c(forged.subarray(sealed.from, sealed.end))
  forged.writeUInt32LE(((((crc >>> 15) | (crc << 17)) >>> 0) + 0xa282ead8) >>> 0, sealed.checksumAt)
  return forged
}

const fragmentHeader = 19

/** The fragments of a log of one block: docs/formats.md, "Log framing". */
export function sealedFragments(log: Buffer): Sealed[] {
  const found: Sealed[] = []
  for (let offset = 0; offset + fragmentHeader <= log.length && log[offset + 6] !== 0; ) {
    const end = offset + fragmentHeader + log.readUInt16LE(offset + 4)
    found.push({ what: 'fragment', offset: offset + 4, end, checksumAt: offset, from: offset + 4 })
    offset = end
  }
  return found
}

const footerSize = 100

/** The blocks and the footer of a table: docs/formats.md, "Table". */
export function sealedBlocks(table: Buffer): Sealed[] {
  const footer = table.length - footerSize
  const handle = (at: number) => ({
    offset: Number(table.readBigUInt64LE(footer + at)),
    size: Number(table.readBigUInt64LE(footer + at + 8)),
  })
  const block = (what: string, { offset, size }: { offset: number; size: number }): Sealed => {
    const end = offset + size + 1
    return { what, offset, end, checksumAt: end, from: offset }
  }
  const named = ['index', 'filter', 'properties', 'range tombstones'].map(
    (what, i) => [what, handle(16 + 16 * i)] as const,
  )
  const [, index] = named[0]!
  const blocks = named.flatMap(([what, at]) => (at.size === 0 ? [] : [block(what, at)]))
  // Not where the index is compressed: then its data blocks are passed over.
  if (index.size > 0 && table[index.offset + index.size] === 0) {
    const payload = table.subarray(index.offset, index.offset + index.size)
    const count = payload.readUInt32LE(payload.length - 4)
    for (let k = 0; k < count; k++) {
      const [begin, end] = [0, 8].map((next) => Number(payload.readBigUInt64LE(8 * count + 8 * k + next)))
      blocks.push(block('data', { offset: begin!, size: end! - begin! - 5 }))
    }
  }
  return [
    ...blocks,
    { what: 'footer', offset: footer, end: footer + 88, checksumAt: footer + 88, from: footer },
  ]
}
