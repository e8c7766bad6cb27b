export const KiB = 1024
export const MiB = 1024 * KiB
export const GiB = 1024 * MiB

/** Bytes for people: `64 MiB`, `1.5 GiB`, `100 B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${units[unit]}`
}

const powers = 'kmgtp'

/**
 * Bytes as people write them: `4096`, `64KiB`, `1.5 GiB`, `10M`, `1GB`. K, M, G, T and P are powers of 1024, alone or as
 * KiB …; KB … are powers of 1000. Undefined for what is no such text, and for what is no whole number of bytes or above
 * 2^53 − 1.
 */
export function parseSize(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*(?:([kmgtp])(i?b)?|b)?$/i.exec(text.trim())
  if (parts === null) return undefined
  const [, number = '', prefix = '', unit = ''] = parts
  const power = prefix === '' ? 0 : powers.indexOf(prefix.toLowerCase()) + 1
  const bytes = Number(number) * (unit.toLowerCase() === 'b' ? 1000 : 1024) ** power
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
