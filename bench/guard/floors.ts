import { readFileSync } from 'node:fs'

/** What no change may fall below. Names are SUITE/BENCHMARK. */
export interface Floors {
  /** Times the speed of a rival in the same runs; holds on every machine. */
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Operations a second, by kind of machine. */
  readonly machines: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export const noFloors: Floors = { ratios: {}, machines: {} }

/** Throws for a file that is none of floors: a guard that is misspelt guards nothing. */
export function readFloors(file: string): Floors {
  const { machines, ratios, ...others } = JSON.parse(readFileSync(file, 'utf8')) as Floors &
    Record<string, unknown>
  const [other] = Object.keys(others)
  if (other !== undefined) throw new Error(`${file} has '${other}'; it may have 'ratios' and 'machines'`)
  for (const table of [ratios, machines]) {
    for (const [name, floors] of Object.entries(table ?? {})) {
      const wrong = Object.entries(floors).find(([, least]) => !(Number.isFinite(least) && least > 0))
      if (wrong !== undefined)
        throw new Error(`${file}: the floor of ${name}, ${wrong[0]}, is no number above 0`)
    }
  }
  return { ratios: ratios ?? {}, machines: machines ?? {} }
}
