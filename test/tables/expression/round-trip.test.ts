/** What is printed parses to the same tree, and so does what people write. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCondition } from '../../../lib/tables/expression/condition-parser.ts'
import { ExpressionContext } from '../../../lib/tables/expression/context.ts'
import { printCondition, printUpdate } from '../../../lib/tables/expression/print.ts'
import { parseUpdate } from '../../../lib/tables/expression/update-parser.ts'
import { type Action, actions, type Condition, conditions, habits, Writer } from './arbitrary-trees.ts'

const parseC = (text: string) => withoutPlaces(parseCondition({ kind: 'ConditionExpression', text }))
const parseU = (text: string) => withoutPlaces(parseUpdate({ kind: 'UpdateExpression', text }))

function withoutPlaces<T>(tree: T): T {
  return JSON.parse(JSON.stringify(tree, (key, value) => (key === 'at' ? 0 : value))) as T
}

/** Actions in the order of their sections. */
function sections(list: readonly Action[], order: readonly string[]): Action[] {
  return order.flatMap((kind) => list.filter((action) => action.kind === kind))
}

const someConditions = () => conditions([':a', ':b1', ':_'], [':a', ':b1'])

test('conditions', () => {
  fc.assert(
    fc.property(someConditions(), habits(), (tree: Condition, habit) => {
      const printed = printCondition(tree)
      expect(parseC(printed)).toEqual(tree)
      expect(printCondition(parseC(printed))).toBe(printed)
      expect(parseC(new Writer(habit).condition(tree))).toEqual(tree)
    }),
    { numRuns: 400 },
  )
})

test('updates', () => {
  fc.assert(
    fc.property(actions(), habits(), (list, habit) => {
      const printed = printUpdate(list)
      expect(parseU(printed)).toEqual(sections(list, ['set', 'remove', 'add', 'delete']))
      const kinds = [...new Set(list.map(({ kind }) => kind))]
      expect(parseU(new Writer(habit).update(list))).toEqual(sections(list, kinds))
    }),
    { numRuns: 400 },
  )
})

describe('bound trees are printed for people', () => {
  test('with their names and values', () => {
    const context = new ExpressionContext(
      { '#s': 'size', '#d': 'a.b', '#q': 'x"y' },
      {
        ':s': 'it\'s "so"',
        ':n': 1.5,
        ':big': 12345678901234567890n,
        ':b': Uint8Array.of(1, 2),
        ':t': true,
        ':z': null,
        ':l': [1, 'a'],
        ':m': { k: [] },
        ':ss': new Set(['x', 'y']),
      },
    )
    const print = (text: string) => context.condition(text).toString()
    expect(print('#s = :s AND a.#d[0] IN (:n, :big, :b)')).toBe(
      '"size" = "it\'s \\"so\\"" AND a."a.b"[0] IN (1.5, 12345678901234567890, <2 bytes>)',
    )
    expect(print('NOT (a = :t OR NOT b <> :z) AND contains(#q, :l)')).toBe(
      'NOT (a = true OR NOT b <> null) AND contains("x\\"y", [1, "a"])',
    )
    expect(print('a = :m or b = :ss and size(c) between :n and d')).toBe(
      'a = {"k": []} OR b = <<"x", "y">> AND size(c) BETWEEN 1.5 AND d',
    )
    expect(
      context.update('REMOVE a SET b = if_not_exists(c, :n) - d, e = list_append(f, :l)', []).toString(),
    ).toBe('SET b = if_not_exists(c, 1.5) - d, e = list_append(f, [1, "a"]) REMOVE a')
  })
})
