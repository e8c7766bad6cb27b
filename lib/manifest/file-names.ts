import type { FileKind } from '../native.ts'

/** What the name of a file in a database directory says. `lock`, `current` and `lost` have no number: 0. */
export interface DatabaseFile {
  readonly kind: FileKind | 'current' | 'lock' | 'lost'
  readonly number: number
}

export const currentName = 'CURRENT'
export const lockName = 'LOCK'
export const lostName = 'lost'

const suffixes: Readonly<Record<Exclude<FileKind, 'manifest'>, string>> = {
  wal: '.wal',
  table: '.sst',
  temp: '.tmp',
}
const kindBySuffix = new Map(Object.entries(suffixes).map(([kind, suffix]) => [suffix, kind as FileKind]))

/** The name of a numbered file, without a directory; native/env/file_names.h makes the same (docs/formats.md). */
export function fileName(kind: FileKind, number: number): string {
  const digits = String(number).padStart(6, '0')
  return kind === 'manifest' ? `MANIFEST-${digits}` : `${digits}${suffixes[kind]}`
}

/** What `name` is; undefined when no database file is called so. */
export function parseFileName(name: string): DatabaseFile | undefined {
  if (name === currentName) return { kind: 'current', number: 0 }
  if (name === lockName) return { kind: 'lock', number: 0 }
  if (name === lostName) return { kind: 'lost', number: 0 }
  const [, manifest, digits, suffix] = /^(?:MANIFEST-(\d{6,16})|(\d{6,16})(\.\w+))$/.exec(name) ?? []
  const number = Number(manifest ?? digits)
  const kind = manifest === undefined ? kindBySuffix.get(suffix ?? '') : 'manifest'
  if (kind === undefined || fileName(kind, number) !== name || !Number.isSafeInteger(number)) return undefined
  return { kind, number }
}
