import type { AllItems, Item, Page } from '../../tables.ts'
import { write, writeLine } from '../output.ts'
import type { ReadArguments } from './read-options.ts'
import type { Session } from './with-tables.ts'

/** Prints the pages as they come: one that is limited, or all of them. */
export async function printPages(
  session: Session,
  options: ReadArguments,
  all: AllItems,
  one: () => Promise<Page>,
): Promise<void> {
  const pages = options.limit === undefined ? all.pages() : [await one()]
  const counting = options.select === 'COUNT'
  if (options.json) await printDocument(session, pages)
  else await printLines(session, pages, counting)
}

/** A read that fails on the way leaves the document open; the exit code tells. */
async function printDocument({ jsonText, notation }: Session, pages: Pages): Promise<void> {
  let opening = '{"items":['
  const totals = await eachPage(pages, async ({ items }) => {
    if (items.length === 0) return
    await write(opening + items.map((item) => notation.text(item)).join(',\n'))
    opening = ',\n'
  })
  const { lastKey, ...counts } = totals
  const rest = jsonText({ ...counts, lastKey: lastKey === undefined ? undefined : notation.shown(lastKey) })
  await writeLine(`${opening === ',\n' ? '' : opening}],${rest.slice(1)}`)
}

async function printLines({ notation }: Session, pages: Pages, counting: boolean): Promise<void> {
  const { count, lastKey } = await eachPage(pages, async ({ items }) => {
    if (items.length > 0) await write(items.map((item) => `${notation.text(item)}\n`).join(''))
  })
  if (counting) await writeLine(String(count))
  if (lastKey !== undefined)
    process.stderr.write(`burrow: there may be more: --start-key '${notation.text(lastKey)}'\n`)
}

type Pages = AsyncIterable<Page> | Iterable<Page>

interface Totals {
  readonly count: number
  readonly scannedCount: number
  readonly lastKey: Item | undefined
}

async function eachPage(pages: Pages, print: (page: Page) => Promise<void>): Promise<Totals> {
  let totals: Totals = { count: 0, scannedCount: 0, lastKey: undefined }
  for await (const page of pages) {
    await print(page)
    totals = {
      count: totals.count + page.count,
      scannedCount: totals.scannedCount + page.scannedCount,
      lastKey: page.lastKey,
    }
  }
  return totals
}
