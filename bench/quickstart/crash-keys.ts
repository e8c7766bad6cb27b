export const crashPrefix = 'event/'
export const keysInBatch = 4

/** The keys that batch `number` writes: all of them or none. */
export function batchKeys(number: number): string[] {
  return Array.from(
    { length: keysInBatch },
    (_, part) => `${crashPrefix}${String(number).padStart(8, '0')}/${part}`,
  )
}
