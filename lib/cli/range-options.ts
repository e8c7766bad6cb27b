import type { Command } from 'commander'
import { type Notation, parseBytes } from './notation.ts'

const bounds = {
  prefix: 'keys that begin so',
  gt: 'keys above this one',
  gte: 'keys from this one on',
  lt: 'keys below this one',
  lte: 'keys up to this one',
} as const

export type BoundName = keyof typeof bounds
export const boundNames = Object.keys(bounds) as BoundName[]
export type RangeArguments = Readonly<Partial<Record<BoundName, string>>>

export function addRange(command: Command): Command {
  for (const [name, description] of Object.entries(bounds)) command.option(`--${name} <key>`, description)
  return command
}

/** The bounds that were given, as bytes. */
export function rangeOf(options: RangeArguments, notation: Notation): Partial<Record<BoundName, Buffer>> {
  const range: Partial<Record<BoundName, Buffer>> = {}
  for (const name of boundNames) {
    const text = options[name]
    if (text !== undefined) range[name] = parseBytes(text, notation, `--${name}`)
  }
  return range
}
