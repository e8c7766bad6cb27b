import { type Command, InvalidArgumentError } from 'commander'
import type { DatabaseOptions } from '../index.ts'

export interface SetOptions {
  readonly set: DatabaseOptions
}

/** Options are not kept in the database: who uses others than the defaults has to name them here, too. */
export function addSet(command: Command): Command {
  const doc = 'open with this option; can be given several times'
  return command.option('--set <option=value>', doc, collectOption, {})
}

/** Adds `option=value` to the options before it; a value is JSON, or a word. */
export function collectOption(text: string, before: DatabaseOptions): DatabaseOptions {
  const [, name, value] = /^(\w+)=(.+)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be option=value.')
  let parsed: unknown = value
  try {
    parsed = JSON.parse(value)
  } catch {
    // A word, like the name of a codec.
  }
  return { ...before, [name]: parsed }
}
