import { expect, test } from 'vitest'
import { StatementBuffer } from '../../../lib/cli/shell/statement-buffer.ts'

/** The statements that lines complete, and what is left. */
function split(...lines: string[]): { statements: string[]; rest: string | undefined } {
  const buffer = new StatementBuffer()
  const statements = lines.flatMap((line) => [...buffer.add(line).statements])
  return { statements, rest: buffer.finish() }
}

test('a semicolon ends a statement where it stands in no text, name or comment', () => {
  expect(split('a; b;')).toEqual({ statements: ['a', 'b'], rest: undefined })
  expect(split('a \';\' ";" `;`; b')).toEqual({ statements: ['a \';\' ";" `;`'], rest: 'b' })
  expect(split("it''s 'it''s;'; x;")).toEqual({ statements: ["it''s 'it''s;'", 'x'], rest: undefined })
  expect(split('a -- b;', 'c;')).toEqual({ statements: ['a -- b;\nc'], rest: undefined })
  expect(split('a /* b;', 'c; */ d;')).toEqual({ statements: ['a /* b;\nc; */ d'], rest: undefined })
  expect(split("a 'b", "c;' d;")).toEqual({ statements: ["a 'b\nc;' d"], rest: undefined })
  expect(split(';;', '-- only a comment', '/* and */ ;')).toEqual({ statements: [], rest: undefined })
})

test('it is empty between statements, and after it was cleared', () => {
  const buffer = new StatementBuffer()
  expect(buffer.isEmpty).toBe(true)
  buffer.add('SELECT')
  expect(buffer.isEmpty).toBe(false)
  buffer.add('x;  ')
  expect(buffer.isEmpty).toBe(true)
  buffer.add("'open")
  buffer.clear()
  expect(buffer.add('a;').statements).toEqual(['a'])
  buffer.add('/* open')
  expect(buffer.isEmpty).toBe(false)
})

test('lines can be joined where no end of a line says something', () => {
  const joinable = (...lines: string[]) => {
    const buffer = new StatementBuffer()
    return lines.map((line) => buffer.add(line).joinable).at(-1)
  }
  expect(joinable('a', 'b;')).toBe(true)
  expect(joinable("a 'x", "y';")).toBe(false)
  expect(joinable('a -- x', 'b;')).toBe(false)
  expect(joinable("a 'x", "y';", 'b', 'c;')).toBe(true)
})
