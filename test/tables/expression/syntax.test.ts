/** What is wrong with a text by itself: grammar, functions, reserved words, limits. With DynamoDB's words and the position. */
import { describe, expect, it, test } from 'vitest'
import { ExpressionContext } from '../../../lib/tables/expression/context.ts'
import { reservedWords } from '../../../lib/tables/expression/reserved-words.ts'
import { refusal } from './refusal.ts'

const condition = (text: string) => refusal(() => new ExpressionContext().condition(text))
const update = (text: string) => refusal(() => new ExpressionContext().update(text, []))
const projection = (text: string) => refusal(() => new ExpressionContext().projection(text))

type Refused = (text: string) => ReturnType<typeof condition>

/** [text, token, near, position] */
type SyntaxCase = readonly [string, string, string, number]

function syntaxErrors(refused: Refused, kind: string, cases: readonly SyntaxCase[]): void {
  it.each(cases)('%j: unexpected %j', (text, token, near, position) => {
    const error = refused(text)
    expect(error.message).toBe(`Invalid ${kind}: Syntax error; token: "${token}", near: "${near}"`)
    expect(error.context).toEqual({ expression: kind, position, token, near })
  })
}

describe('syntax errors of conditions', () => {
  syntaxErrors(condition, 'ConditionExpression', [
    ['a-b', '-', 'a-b', 1],
    ['a', '<EOF>', 'a', 1],
    [':a', '<EOF>', ':a', 2],
    ['a = ', '<EOF>', '=', 4],
    ['attribute_exists(x) AND NOT #y', '<EOF>', '#y', 30],
    ['a = b AND', '<EOF>', 'AND', 9],
    ['a = b c = d', 'c', 'b c =', 6],
    ['a != b', '!', 'a !=', 2],
    ['a == b', '=', '== b', 3],
    ['a = > b', '>', '= > b', 4],
    ['a IN ()', ')', '()', 6],
    ['a IN (b,)', ')', ',)', 8],
    ['a IN b', 'b', 'IN b', 5],
    ['a BETWEEN b', '<EOF>', 'b', 11],
    ['a BETWEEN b OR c', 'OR', 'b OR c', 12],
    ['attribute_type()', ')', '()', 15],
    ['size(a,) = b', ')', ',) =', 7],
    ['size(a', '<EOF>', 'a', 6],
    ['(a = b', '<EOF>', 'b', 6],
    ['a = b)', ')', 'b)', 5],
    ['(a) AND b = c', 'AND', ') AND b', 4],
    ['(a', '<EOF>', 'a', 2],
    ['()', ')', '()', 1],
    ['(NOT a)', ')', 'a)', 6],
    ['(a = b) = c', '=', ') = c', 8],
    ['((a) b)', 'b', ') b)', 5],
    ['a = b = c', '=', 'b = c', 6],
    ['AND', 'AND', 'AND', 0],
    ['not', '<EOF>', 'not', 3],
    ['a.and = b', 'and', '.and =', 2],
    ['between = a', 'between', 'between =', 0],
    ['_a = b', '_', '_a', 0],
    ['1 = a', '1', '1 =', 0],
    ['a. = b', '=', '. = b', 3],
    ['a..b = c', '.', '..b', 2],
    ['a[b] = c', 'b', '[b]', 2],
    ['a[] = c', ']', '[] =', 2],
    ['a[-1] = c', '-', '[-1', 2],
    ['a[:i] = c', ':i', '[:i]', 2],
    ['a[#i] = c', '#i', '[#i]', 2],
    ['a[1.5] = c', '.', '1.5', 3],
    ['a[01] = c', '1', '01]', 3],
    ['a[1 = c', '=', '1 = c', 4],
    ['a = :', ':', '= :', 4],
    ['# = :a', '#', '# =', 0],
    ['#a-b = c', '-', '#a-b', 2],
    ['a = "b"', '"', '= "b', 4],
    ["a = 'b'", "'", "= 'b", 4],
    ['a = b; c', ';', 'b; c', 5],
    ['a = é', 'é', '= é', 4],
    ['a = 😀', '😀', '= 😀', 4],
    ['a\u00a0= b', '\u00a0', 'a\u00a0=', 1],
    ['a\n=\t\r b c', 'c', 'b c', 8],
    [':a.b = c', '.', ':a.b', 2],
    ['size(a).b = c', '.', ').b', 7],
    ['SET a = b', 'a', 'SET a =', 4],
  ])
})

describe('syntax errors of updates', () => {
  syntaxErrors(update, 'UpdateExpression', [
    ['SET', '<EOF>', 'SET', 3],
    ['INVALID SYNTAX HERE', 'INVALID', 'INVALID SYNTAX', 0],
    ['a-b', 'a', 'a-', 0],
    ['SET a', '<EOF>', 'a', 5],
    ['SET a =', '<EOF>', '=', 7],
    ['SET _123 = :v', '_', 'SET _123', 4],
    ['SET 123a = :v', '123', 'SET 123a', 4],
    ['SET hi-there = :v', '-', 'hi-there', 6],
    ['SET hi$there = :v', '$', 'hi$there', 6],
    ['SET :a = :b', ':a', 'SET :a =', 4],
    ['SET set = :v', 'set', 'SET set =', 4],
    ['SET a = :v +', '<EOF>', '+', 12],
    ['SET a = b * :v', '*', 'b * :v', 10],
    ['SET a = b / :v', '/', 'b / :v', 10],
    ['SET a = :a + :b + :c', '+', ':b + :c', 16],
    ['SET a = (:a + :b) - :c', '-', ') - :c', 18],
    ['SET a = if_not_exists(c, :a+:b)', '+', ':a+:b', 27],
    ['SET a = :v, ', '<EOF>', ',', 12],
    ['SET a = :v b = :w', 'b', ':v b =', 11],
    ['SET a = _f(b)', '_', '= _f', 8],
    ['SET a = (b', '<EOF>', 'b', 10],
    ['SET a[:i] = :v', ':i', '[:i]', 6],
    ['SET #a[0.#b = :v', '.', '0.#b', 8],
    ['REMOVE', '<EOF>', 'REMOVE', 6],
    ['REMOVE a = b', '=', 'a = b', 9],
    ['REMOVE a, SET b = :c', 'SET', ', SET b', 10],
    ['ADD a', '<EOF>', 'a', 5],
    ['ADD a 1', '1', 'a 1', 6],
    ['ADD a b', 'b', 'a b', 6],
    ['ADD hits : incr', ':', 'hits : incr', 9],
    ['DELETE a', '<EOF>', 'a', 8],
    ['DELETE a = :v', '=', 'a = :v', 9],
  ])
})

describe('syntax errors of projections', () => {
  syntaxErrors(projection, 'ProjectionExpression', [
    ['a,', '<EOF>', ',', 2],
    [',a', ',', ',a', 0],
    ['a,,b', ',', ',,b', 2],
    ['a b', 'b', 'a b', 2],
    ['#l[].a', ']', '[].', 3],
    [':a', ':a', ':a', 0],
    ['a = b', '=', 'a = b', 2],
    ['size(a)', '(', 'size(a', 4],
  ])
})

/** [text, message, position] */
type ProblemCase = readonly [string, string, number]

const reserved = 'Attribute name is a reserved keyword; reserved keyword: '
const unknownFunction = 'Invalid function name; function: '
const misused = 'The function is not allowed to be used this way in an expression; function: '
const notInCondition = 'The function is not allowed in a condition expression; function: '
const notInUpdate = 'The function is not allowed in an update expression; function: '
const redundant = 'The expression has redundant parentheses;'
const operands = 'Incorrect number of operands for operator or function; operator or function: '
const index = 'List index is not within the allowable range; index: '

describe('problems of conditions', () => {
  it.each<ProblemCase>([
    ['name = b', `${reserved}name`, 0],
    ['a = CoUnT', `${reserved}CoUnT`, 4],
    ['m.COMMENT = b', `${reserved}COMMENT`, 2],
    ['begins_with(m.COMMENT, b)', `${reserved}COMMENT`, 14],
    ['#list[0].COMMENT = b', `${reserved}COMMENT`, 9],
    ['list[0].COMMENT = b', `${reserved}list`, 0],
    ['add = b', `${reserved}add`, 0],
    ['f(a) = b', `${unknownFunction}f`, 0],
    ['f123_hi(a, b, c)', `${unknownFunction}f123_hi`, 0],
    ['Size(a) = b', `${unknownFunction}Size`, 0],
    ['ATTRIBUTE_EXISTS(a)', `${unknownFunction}ATTRIBUTE_EXISTS`, 0],
    [`a < ${'f('.repeat(150)}b${')'.repeat(150)}`, `${unknownFunction}f`, 4],
    ['size(a)', `${misused}size`, 0],
    ['NOT size(a)', `${misused}size`, 4],
    ['(size(a))', `${misused}size`, 1],
    ['attribute_exists(a) < b', `${misused}attribute_exists`, 0],
    ['(contains(a, b)) = c', `${misused}contains`, 1],
    ['a = contains(a, b)', `${misused}contains`, 4],
    ['size(contains(a, b)) = c', `${misused}contains`, 5],
    ['a IN (b, begins_with(a, b))', `${misused}begins_with`, 9],
    ['a BETWEEN b AND attribute_exists(a)', `${misused}attribute_exists`, 16],
    ['if_not_exists(a, b) = c', `${notInCondition}if_not_exists`, 0],
    ['list_append(a, b) = c', `${notInCondition}list_append`, 0],
    ['if_not_exists(a, b)', `${notInCondition}if_not_exists`, 0],
    ['size(a, b) = c', `${operands}size, number of operands: 2`, 0],
    ['contains(a)', `${operands}contains, number of operands: 1`, 0],
    ['begins_with(a, b, c)', `${operands}begins_with, number of operands: 3`, 0],
    ['attribute_exists(a, b)', `${operands}attribute_exists, number of operands: 2`, 0],
    ['attribute_not_exists(a, b)', `${operands}attribute_not_exists, number of operands: 2`, 0],
    ['attribute_type(a)', `${operands}attribute_type, number of operands: 1`, 0],
    ['((a = b))', redundant, 0],
    ['((a)) = b', redundant, 0],
    ['a = ((b))', redundant, 4],
    ['(((a = b) AND c = d))', redundant, 0],
    ['a = b AND ((c = d OR e = f))', redundant, 10],
    ['((attribute_exists(a)))', redundant, 0],
    ['size(((a))) = b', redundant, 5],
    ['(c = d) AND ((e = f))', redundant, 12],
    ['l[4294967295] = b', `${index}[4294967295]`, 2],
    ['l[99999999999999999999] = b', `${index}[99999999999999999999]`, 2],
    // The first problem in the text is reported; an error of syntax anywhere comes before it.
    ['f(name) = b', `${unknownFunction}f`, 0],
    ['name = f(b)', `${reserved}name`, 0],
    ['((name = b))', redundant, 0],
  ])('%j: %s', (text, message, position) => {
    const error = condition(text)
    expect(error.message).toBe(`Invalid ConditionExpression: ${message}`)
    expect(error.context.position).toBe(position)
  })

  it('come after errors of syntax', () => {
    expect(condition('((name = f(b))) AND').message).toContain('Syntax error; token: "<EOF>"')
  })

  it('are none of these', () => {
    const values = { ':v': 1 }
    for (const text of [
      '(a = :v)',
      '((a = :v) AND (b = :v))',
      '(a) = (:v)',
      '((a) = (:v))',
      'size((a)) = :v',
      '(size(a)) = :v',
      '((size(a)) = :v OR (attribute_exists(b)))',
      'NOT NOT NOT a = :v',
      'aNd_ = :v',
      'nOt (a = :v) oR b bEtWeEn :v aNd :v',
      'a[0] = :v',
      'a [ 4294967294 ] . b = :v',
      '(a).b[1] = :v',
      'a=:v and(b=:v)',
    ]) {
      expect(() => new ExpressionContext(undefined, values).condition(text), text).not.toThrow()
    }
  })
})

describe('problems of updates', () => {
  it.each<ProblemCase>([
    ['SET a = :v SET b = :w', 'The "SET" section can only be used once in an update expression;', 11],
    [
      'remove a set b = :w REMOVE c',
      'The "REMOVE" section can only be used once in an update expression;',
      20,
    ],
    ['ADD a :v ADD b :v', 'The "ADD" section can only be used once in an update expression;', 9],
    ['DELETE a :v DELETE b :v', 'The "DELETE" section can only be used once in an update expression;', 12],
    ['SET list[0] = :v', `${reserved}list`, 4],
    ['SET a = m.COMMENT', `${reserved}COMMENT`, 10],
    ['REMOVE a, size', `${reserved}size`, 10],
    ['ADD counter :v', `${reserved}counter`, 4],
    ['SET between = :v', `${reserved}between`, 4],
    ['SET a = f(b, c, d)', `${unknownFunction}f`, 8],
    ['SET a = LIST_APPEND(b, c)', `${unknownFunction}LIST_APPEND`, 8],
    ['SET a = contains(a, :b)', `${notInUpdate}contains`, 8],
    ['SET a = size(a)', `${notInUpdate}size`, 8],
    ['SET a = list_append(:a)', `${operands}list_append, number of operands: 1`, 8],
    ['SET a = if_not_exists(a, b, c)', `${operands}if_not_exists, number of operands: 3`, 8],
    ['SET a = list_append(list_append(a, :b), :c)', `${misused}list_append`, 20],
    ['SET a = if_not_exists(b, list_append(c, :d))', `${misused}list_append`, 25],
    ['SET a = ((b))', redundant, 8],
    ['SET a[4294967295] = :v', `${index}[4294967295]`, 6],
  ])('%j: %s', (text, message, position) => {
    const error = update(text)
    expect(error.message).toBe(`Invalid UpdateExpression: ${message}`)
    expect(error.context.position).toBe(position)
  })
})

describe('reserved words', () => {
  test('are the 573 of DynamoDB', () => {
    expect(reservedWords).toHaveLength(573)
    expect(reservedWords).toEqual([...reservedWords].sort())
    expect(new Set(reservedWords).size).toBe(573)
  })

  it.each(['ABORT', 'Name', 'data', 'status', 'TTL', 'timestamp', 'zone', 'ADD', 'inNter', 'flattern'])(
    '%s',
    (word) => {
      expect(projection(word).message).toBe(`Invalid ProjectionExpression: ${reserved}${word}`)
      expect(new ExpressionContext({ '#w': word }).projection('#w').paths).toEqual([[word]])
    },
  )
})

describe('limits', () => {
  const empty = 'The expression can not be empty;'

  it.each(['', ' ', '\t\r\n '])('no empty expression: %j', (text) => {
    expect(condition(text).message).toBe(`Invalid ConditionExpression: ${empty}`)
    expect(update(text).message).toBe(`Invalid UpdateExpression: ${empty}`)
    expect(projection(text).message).toBe(`Invalid ProjectionExpression: ${empty}`)
  })

  it('takes 4096 bytes and no more, before anything else', () => {
    const size = 'Expression size has exceeded the maximum allowed size; expression size: '
    expect(() => new ExpressionContext().projection('x'.repeat(4096))).not.toThrow()
    expect(projection('x'.repeat(4097)).message).toBe(`Invalid ProjectionExpression: ${size}4097`)
    expect(condition('('.repeat(15_000)).message).toBe(`Invalid ConditionExpression: ${size}15000`)
    // Bytes, not characters.
    expect(condition(`a = ${'é'.repeat(2050)}`).message).toBe(`Invalid ConditionExpression: ${size}4104`)
    expect(condition(`a = ${'é'.repeat(2000)}`).message).toContain('Syntax error')
  })

  it('takes 300 operators and no more', () => {
    const chain = (ors: number) => `a<b${' or a<b'.repeat(ors)}`
    const nested = (ors: number) => `a<b ${'or (a<b '.repeat(ors)}${')'.repeat(ors)}`
    for (const make of [chain, nested]) {
      // One less than twice as many, and 301.
      expect(() => new ExpressionContext().condition(make(149))).not.toThrow()
      expect(condition(make(150)).message).toBe(
        'Invalid ConditionExpression: The expression contains too many operators; operator count: 301',
      )
    }
    expect(condition(`${'not '.repeat(1000)}a<b`).message).toContain('operator count: 301')
    expect(() => new ExpressionContext().condition(`${'not '.repeat(299)}a<b`)).not.toThrow()
    const sums = (count: number) => `SET ${Array.from({ length: count }, (_, i) => `a${i}=b+c`).join(',')}`
    expect(() => new ExpressionContext().update(sums(300), [])).not.toThrow()
    expect(update(sums(301)).message).toContain('operator count: 301')
  })

  it('refuses what is nested too deeply, however deep the stack is', () => {
    const deep = 'The expression is nested too deeply; nesting levels: 303'
    expect(condition('('.repeat(4096)).message).toBe(`Invalid ConditionExpression: ${deep}`)
    expect(condition(`${'('.repeat(2000)}a<b${')'.repeat(2000)}`).message).toContain(deep)
    expect(condition(`a < ${'size('.repeat(680)}b${')'.repeat(680)}`).message).toContain(deep)
    expect(update(`SET a = ${'('.repeat(2000)}`).message).toBe(`Invalid UpdateExpression: ${deep}`)
    const nested = (count: number) => `SET a = ${'if_not_exists(b,'.repeat(count)}c${')'.repeat(count)}`
    expect(() => new ExpressionContext().update(nested(240), [])).not.toThrow()
    const depth = (frames: number): string =>
      frames === 0 ? condition('('.repeat(4096)).message : depth(frames - 1)
    expect(depth(3000)).toContain(deep)
  })

  it('takes 32 names and indexes in a path and no more', () => {
    expect(() => new ExpressionContext().projection(`a${'.b'.repeat(31)}`)).not.toThrow()
    const levels = 'The document path has too many nesting levels; nesting levels: 33'
    expect(projection(`a${'.b'.repeat(32)}`).message).toBe(`Invalid ProjectionExpression: ${levels}`)
    expect(projection(`c, a${'[0]'.repeat(32)}`).context.position).toBe(3)
  })

  it('takes 100 values after IN and no more', () => {
    const list = (count: number) => `a IN (${Array.from({ length: count }, (_, i) => `b${i}`).join(', ')})`
    expect(() => new ExpressionContext().condition(list(100))).not.toThrow()
    expect(condition(list(101)).message).toBe(
      'Invalid ConditionExpression: The IN operator is provided with too many operands; number of operands: 101',
    )
  })
})
