import { expect, test } from 'vitest'
import { briefText, cellText } from '../../../lib/cli/rows/cell.ts'
import { plainPaint } from '../../../lib/cli/rows/colours.ts'
import { csvLines } from '../../../lib/cli/rows/csv.ts'
import { clip, displayWidth, padTo } from '../../../lib/cli/rows/display-width.ts'
import { gridLines } from '../../../lib/cli/rows/grid.ts'
import { Decimal, type Item } from '../../../lib/tables.ts'

const grid = (items: Item[], width?: number) => gridLines(items, width, plainPaint)

test('text is cut and filled up by the columns that it takes', () => {
  expect(displayWidth('漢字')).toBe(4)
  expect(clip('漢字漢字', 5)).toBe('漢字…')
  expect(clip('漢字漢字', 4)).toBe('漢…')
  expect(clip('ab', 2)).toBe('ab')
  expect(clip('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…')
  expect(padTo('漢', 4)).toBe('漢  ')
  expect(padTo('12', 4, 'right')).toBe('  12')
})

test('cells hold nothing that a terminal would obey', () => {
  expect(cellText('a\x1b[31mb\nc\td\u202e')).toBe('a\\u001b[31mb\\nc\\td\\u202e')
  expect(cellText('back\\slash 👩‍👩‍👧')).toBe('back\\slash 👩‍👩‍👧')
  expect(cellText(undefined)).toBe('-')
  expect(cellText({ a: [1n, new Decimal('1.5'), null], s: new Set(['x']) })).toBe(
    '{"a":[1,1.5,null],"s":["x"]}',
  )
})

test('compact values say how much there is', () => {
  const values = [
    's',
    1.5,
    true,
    null,
    new Uint8Array(1),
    [1, 2],
    { a: 1 },
    new Set([1, 2, 3]),
    new Decimal('1e30'),
  ]
  expect(values.map(briefText).join(' ')).toBe(
    `"s" 1.5 true null <1 byte> [2 items] {1 field} <set of 3> 1${'0'.repeat(30)}`,
  )
})

test('columns come in the order in which they are met; numbers stand to the right', () => {
  expect(
    grid([{ b: 1, a: 'x' }, { a: 'yy', b: 22, c: null }, JSON.parse('{"__proto__":1}') as Item]),
  ).toEqual([
    ' b  a   c     __proto__',
    '--  --  ----  ---------',
    ' 1  x   -             -',
    '22  yy  null          -',
    ' -  -   -             1',
  ])
  expect(grid([])).toEqual([])
  expect(grid([{}, {}])).toEqual(['(no attributes)', '(no attributes)'])
})

test('the widest columns give way first; where nothing helps, each row is a list', () => {
  const wide = { id: 'a', long: 'x'.repeat(50), longer: 'y'.repeat(80) }
  const lines = grid([wide], 60)
  expect(Math.max(...lines.map(displayWidth))).toBe(60)
  expect(lines[2]).toBe(`a   ${'x'.repeat(26)}…  ${'y'.repeat(26)}…`)
  const many = Object.fromEntries(
    Array.from({ length: 20 }, (_, at) => [`attribute${at}`, 'value '.repeat(9)]),
  )
  expect(grid([many], 40).slice(0, 3)).toEqual([
    '--- 1',
    'attribute0   value value value value va…',
    'attribute1   value value value value va…',
  ])
  expect(Math.max(...grid([many], 40).map(displayWidth))).toBe(40)
})

test('CSV quotes what needs it', () => {
  expect(
    csvLines([
      { b: 'x"y', a: '1,2' },
      { a: ' padded', c: new Uint8Array([255]) },
      { b: 'line\nbreak', a: 5n },
    ]),
  ).toEqual(['a,b,c', '"1,2","x""y",', '" padded",,/w==', '5,"line\nbreak",'])
})
