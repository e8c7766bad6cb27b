import { Option } from 'commander'

export const rowFormats = ['table', 'json', 'jsonl', 'csv', 'compact'] as const
/** How rows are printed. */
export type RowFormat = (typeof rowFormats)[number]

export function isRowFormat(text: string): text is RowFormat {
  return (rowFormats as readonly string[]).includes(text)
}

export function formatOption(): Option {
  return new Option('--format <format>', 'how rows are printed').choices(rowFormats)
}
