import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Writes NAME and each ending with its text into the folder; the paths. */
export function save(folder: string, name: string, texts: Readonly<Record<string, string>>): string[] {
  mkdirSync(folder, { recursive: true })
  return Object.entries(texts).map(([ending, text]) => {
    const path = join(folder, `${name}.${ending}`)
    writeFileSync(path, text)
    return path
  })
}
