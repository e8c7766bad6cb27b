/** Kinds of values that DynamoDB has no type for: vectors of 32-bit floats, and points in time. */
import { describeValue } from '../util/describe-value.ts'
import { invalidParameter } from './errors.ts'
import { compareNumbers, type NumberValue } from './number.ts'

const floatBytes = 4
/** The points in time that a `Date` can hold: milliseconds before and after 1970. */
const furthestTime = 8.64e15

/** The bytes that hold a vector: its numbers as 32-bit floats, little-endian. Throws ValidationException. */
export function vector(numbers: Float32Array | readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * floatBytes)
  const view = new DataView(bytes.buffer)
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index]
    if (typeof number !== 'number' || !Number.isFinite(Math.fround(number))) {
      throw invalidParameter(
        `element ${index} of the vector is ${describeValue(number)}, no finite 32-bit float`,
      )
    }
    view.setFloat32(index * floatBytes, number, true)
  }
  return bytes
}

/** The vector that `vector` made bytes of. Throws ValidationException when the bytes are not whole floats. */
export function toVector(bytes: Uint8Array): Float32Array {
  if (bytes.byteLength % floatBytes !== 0) {
    throw invalidParameter(
      `${bytes.byteLength} bytes are no vector: it has ${floatBytes} bytes for each element`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: bytes.byteLength / floatBytes }, (_, index) =>
    view.getFloat32(index * floatBytes, true),
  )
}

/**
 * A point in time as whole milliseconds since 1970 (negative before), from a Date or milliseconds. A `ttl` attribute
 * wants seconds: `Math.floor(timestamp(date) / 1000)`. Throws ValidationException.
 */
export function timestamp(time: Date | number): number {
  const milliseconds = typeof time === 'number' ? Math.floor(time) : time.getTime()
  if (Math.abs(milliseconds) <= furthestTime) return milliseconds
  throw invalidParameter(`${describeValue(time)} is no point in time`)
}

/** The Date of a timestamp. Throws ValidationException when it is beyond what a Date can hold. */
export function toDate(milliseconds: NumberValue): Date {
  if (compareNumbers(milliseconds, furthestTime) > 0 || compareNumbers(milliseconds, -furthestTime) < 0) {
    throw invalidParameter(`${String(milliseconds)} milliseconds are beyond what a Date can hold`)
  }
  return new Date(Number(milliseconds))
}
