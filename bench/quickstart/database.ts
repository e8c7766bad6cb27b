import { Database } from '../../lib/index.ts'

/** Small memtables and tables, so that a data set of 40 MB is flushed and compacted like a large one. */
const options = {
  memtableSize: 4 << 20,
  targetFileSize: 2 << 20,
  valueEncoding: 'json',
} as const

export type CityDatabase = Database<string, unknown>

export function openCities(directory: string): Promise<CityDatabase> {
  return Database.open(directory, options)
}
