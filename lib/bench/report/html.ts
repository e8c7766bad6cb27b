/** A table whose first line is the header. */
export interface HtmlTable {
  readonly title: string
  readonly lines: readonly (readonly string[])[]
}

export interface Page {
  readonly title: string
  /** What the figures depend on. */
  readonly conditions: readonly string[]
  readonly tables: readonly HtmlTable[]
  /** SVG. */
  readonly pictures: readonly string[]
}

const style = `body { font: 15px/1.5 system-ui, sans-serif; max-width: 1040px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: 0.2em 0.8em; border-bottom: 1px solid #ddd; text-align: right }
td:first-child, th:first-child { text-align: left }
svg { max-width: 100%; height: auto }`

/** One page that needs nothing beside it. */
export function formatHtml({ conditions, pictures, tables, title }: Page): string {
  const row = (cells: readonly string[], tag: 'td' | 'th') =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`
  return [
    '<!doctype html>',
    `<html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${style}</style>`,
    `<h1>${escapeHtml(title)}</h1>`,
    `<ul>${conditions.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`,
    ...pictures,
    ...tables.flatMap(({ lines, title }) => [
      `<h2>${escapeHtml(title)}</h2>`,
      `<table>${lines.map((line, i) => row(line, i === 0 ? 'th' : 'td')).join('\n')}</table>`,
    ]),
    '</html>\n',
  ].join('\n')
}

function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
  return text.replaceAll(/[&<>"]/g, (character) => entities[character]!)
}
