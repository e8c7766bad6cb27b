/** Rows as lines with columns that stand under each other, two blanks apart. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  return rows.map((row) => {
    const cells = row.map((cell, i) => cell.padEnd(widths[i]!))
    return cells.join('  ').trimEnd()
  })
}
