import { formatBytes } from '../../util/units.ts'

/** A number in at most seven characters: `0`, `12.3`, `4567`, `123.4k`, `12.35M`. */
export function short(value: number): string {
  if (value < 100 && !Number.isInteger(value)) return value.toFixed(1)
  if (value < 10_000) return String(Math.round(value))
  const [size, unit] = (
    [
      [1e9, 'G'],
      [1e6, 'M'],
      [1e3, 'k'],
    ] as const
  ).find(([least]) => value >= least)!
  return `${(value / size).toFixed(value / size < 100 ? 2 : 1)}${unit}`
}

export function perSecond(bytes: number | undefined): string {
  return bytes === undefined ? '-' : `${formatBytes(Math.round(bytes))}/s`
}

export function percent(part: number | null | undefined): string {
  return part === null || part === undefined ? '-' : `${(100 * part).toFixed(1)}%`
}

/** `45 s`, `12 min`, `3 h 5 min`, `2 d 7 h`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  const [minutes, hours, days] = [60, 3600, 86_400].map((size) => Math.floor(seconds / size)) as [
    number,
    number,
    number,
  ]
  if (minutes === 0) return `${seconds} s`
  if (hours === 0) return `${minutes} min`
  return days === 0 ? `${hours} h ${minutes % 60} min` : `${days} d ${hours % 24} h`
}

/** A part of a whole, 0 to 1, as a bar of so many characters. */
export function bar(part: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * width)
  return '#'.repeat(filled) + '.'.repeat(width - filled)
}

/** Sizes of levels differ by powers of ten: how long the bar of one is beside that of the largest, 0 to 1. */
export function levelShare(bytes: number, largest: number): number {
  const unit = 64 * 1024
  return largest === 0 ? 0 : Math.log2(1 + bytes / unit) / Math.log2(1 + largest / unit)
}
