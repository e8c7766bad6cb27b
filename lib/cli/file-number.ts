import { InvalidArgumentError } from 'commander'
import { parseFileName } from '../manifest/file-names.ts'

/** A file number as an argument: `12`, or the name of the file: `000012.sst`, `MANIFEST-000012`. */
export function parseFileNumber(text: string): number {
  const number = parseFileName(text)?.number ?? (/^\d+$/.test(text) ? Number(text) : 0)
  if (!Number.isSafeInteger(number) || number < 1) {
    throw new InvalidArgumentError('It must be the number of a file, or its name.')
  }
  return number
}
