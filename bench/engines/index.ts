import { burrow } from './burrow.ts'
import { classicLevel } from './classic-level.ts'
import type { Engine } from './engine.ts'

/** Ratios are against the first. */
export const engines: readonly Engine[] = [burrow, classicLevel]

export function engineNamed(name: string): Engine {
  const engine = engines.find((candidate) => candidate.name === name)
  if (engine === undefined) {
    throw new Error(`no engine is named '${name}'; there are ${engines.map((each) => each.name).join(', ')}`)
  }
  return engine
}
