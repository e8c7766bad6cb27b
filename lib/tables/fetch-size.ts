const firstRows = 32
const mostRows = 100

/** How many rows to fetch next for a page that has room for `bytesLeft` more, when `rows` took `bytes` so far. */
export function rowsToFetch(bytesLeft: number, rows: number, bytes: number): number {
  if (rows === 0) return firstRows
  return Math.max(1, Math.min(mostRows, Math.ceil((bytesLeft * rows) / Math.max(1, bytes))))
}
