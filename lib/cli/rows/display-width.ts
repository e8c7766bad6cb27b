import stringWidth from 'string-width'

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Columns that a text takes on a terminal. */
export function displayWidth(text: string): number {
  return stringWidth(text)
}

/** The text in exactly so many columns: cut, with `…` at its end, or filled up with blanks. */
export function padTo(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = clip(text, width)
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(shown)))
  return align === 'left' ? shown + blanks : blanks + shown
}

/** The text in at most so many columns. */
export function clip(text: string, width: number): string {
  if (displayWidth(text) <= width) return text
  let shown = ''
  let left = width - 1
  for (const { segment } of graphemes.segment(text)) {
    left -= displayWidth(segment)
    if (left < 0) break
    shown += segment
  }
  return `${shown}…`
}
