/** The first byte of each encoded value: docs/formats.md, "Items". Written to disk: never change or reuse. */

export const itemVersion = 1
/** Bytes of an encoded item before its first attribute: the version, and the size that DynamoDB counts as u24 LE. */
export const itemHeaderBytes = 4

export const nullTag = 0
export const falseTag = 1
export const trueTag = 2
/** A varint: the integer. */
export const positiveTag = 3
/** A varint: −1 − the integer. */
export const negativeTag = 4
/** A double, LE. */
export const doubleTag = 5
/** A number as keys have it. */
export const decimalTag = 6
/** A varint length, and UTF-8. */
export const textTag = 7
/** A varint length, and ASCII. */
export const asciiTag = 8
/** A varint length, and bytes. */
export const binaryTag = 9
/** The containers: a u32 LE length, and that many bytes of members. */
export const listTag = 10
export const mapTag = 11
export const textSetTag = 12
export const numberSetTag = 13
export const binarySetTag = 14
/** From here to 127: ASCII of 0 to 63 bytes. */
export const shortAsciiTag = 64
export const shortAsciiLimit = 64
/** From here to 255: the integers 0 to 127. */
export const smallIntegerTag = 128
export const smallIntegerLimit = 128

/** Containers within containers, the attribute's own value included. DynamoDB allows no more. */
export const maxDepth = 32
