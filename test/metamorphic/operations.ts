import { KeySpace } from '../model/key-space.ts'
import type { Random } from '../model/random.ts'
import type { Bounds } from '../model/sorted-map.ts'

/** How a call is made; `later`: its promise is not awaited before the next operation. */
export type Way = 'sync' | 'async' | 'later'
export type Shape = 'entries' | 'keys' | 'values'

export interface Write {
  readonly way: Way
  readonly sync?: boolean
  readonly wal?: false
}

export type Change =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }

export interface Scan {
  readonly shape: Shape
  readonly range: Bounds
  readonly reverse: boolean
  /** Absent: no limit. */
  readonly limit?: number
  /** Number of the snapshot that is read. */
  readonly from?: number
}

/**
 * One call of the interface, as plain data that survives JSON. Keys and values are byte strings, see sorted-map.ts.
 * Snapshots and iterators are kept under small numbers; an operation on one that is not there answers so, which lets
 * any part of a list be left out.
 */
export type Operation =
  | ({ readonly call: 'put'; readonly key: string; readonly value: string } & Write)
  | ({ readonly call: 'delete'; readonly key: string } & Write)
  | ({ readonly call: 'deleteRange'; readonly range: Bounds } & Write)
  | ({ readonly call: 'batch'; readonly changes: readonly Change[] } & Write)
  | ({
      readonly call: 'writeBatch'
      readonly changes: readonly (Change | { readonly type: 'deleteRange'; readonly range: Bounds })[]
    } & Write)
  | { readonly call: 'clear' }
  | { readonly call: 'get'; readonly key: string; readonly way: Way; readonly from?: number }
  | { readonly call: 'has'; readonly key: string; readonly way: Way }
  | { readonly call: 'getMany'; readonly keys: readonly string[]; readonly way: Way; readonly from?: number }
  | ({ readonly call: 'scan'; readonly way: 'sync' | 'all' | 'next' | 'await' } & Scan)
  | ({ readonly call: 'openIterator'; readonly iterator: number } & Scan)
  | {
      readonly call: 'next'
      readonly iterator: number
      readonly count: number
      readonly way: 'sync' | 'async'
    }
  | { readonly call: 'seek'; readonly iterator: number; readonly key: string }
  | { readonly call: 'closeIterator'; readonly iterator: number }
  | { readonly call: 'snapshot'; readonly snapshot: number }
  | { readonly call: 'closeSnapshot'; readonly snapshot: number }
  | {
      readonly call: 'flush' | 'sync' | 'pauseCompaction' | 'resumeCompaction'
      readonly way: 'async' | 'later'
    }
  | { readonly call: 'compact'; readonly range: Bounds; readonly way: 'async' | 'later' }
  | { readonly call: 'approximateSize'; readonly range: Bounds }
  | { readonly call: 'settle' | 'reopen' }
  /** Shows what a database made by a checkpoint holds. Awaited, since a close gives it up. */
  | { readonly call: 'checkpoint' }
  /** Goes on with what a killed process, or a power cut behind a sync, would leave. */
  | { readonly call: 'crash'; readonly mode: 'kill' | 'power'; readonly seed: number }

const heldAtOnce = 4

/** `count` random operations on one small key space. */
export function makeOperations(random: Random, count: number): Operation[] {
  const space = new KeySpace(random, { binary: true, keys: 400, largestValue: 3000 })
  const way = () => random.pick(['sync', 'async', 'later'] as const)
  const later = () => random.pick(['async', 'later'] as const)
  const from = () => (random.chance(0.25) ? { from: random.below(heldAtOnce) } : {})
  const held = () => random.below(heldAtOnce)
  const bounds = (share: number) => (random.chance(0.1) ? {} : space.narrowBounds(share))
  const write = (): Write => {
    const kind = random.below(20)
    return { way: way(), ...(kind < 4 ? { sync: kind < 2 } : kind === 4 ? { wal: false } : {}) }
  }
  const change = (): Change =>
    random.chance(0.7)
      ? { type: 'put', key: space.key(), value: space.value() }
      : { type: 'delete', key: space.key() }
  /** A range to delete: seldom a large one. */
  const narrow = (): Bounds => {
    const range = space.narrowBounds(random.chance(0.05) ? 0.5 : 0.03)
    // Without any bound it is an error.
    return Object.keys(range).length > 0 ? range : narrow()
  }
  const scan = (share: number): Scan => ({
    shape: random.pick(['entries', 'keys', 'values'] as const),
    range: bounds(share),
    reverse: random.chance(0.4),
    ...(random.chance(0.4) ? { limit: random.below(40) } : {}),
    ...from(),
  })
  const makers: [number, () => Operation][] = [
    [260, () => ({ call: 'put', key: space.key(), value: space.value(), ...write() })],
    [70, () => ({ call: 'delete', key: space.key(), ...write() })],
    [12, () => ({ call: 'deleteRange', range: narrow(), ...write() })],
    [
      50,
      () => {
        const most = random.chance(0.05) ? 100 : 6
        const changes = Array.from({ length: random.below(most + 1) }, change)
        return { call: 'batch', changes, ...write() }
      },
    ],
    [
      40,
      () => {
        const changes = Array.from({ length: random.below(8) }, () =>
          random.chance(0.05) ? ({ type: 'deleteRange', range: narrow() } as const) : change(),
        )
        return { call: 'writeBatch', changes, ...write() }
      },
    ],
    [1, () => ({ call: 'clear' })],
    [180, () => ({ call: 'get', key: space.anyKey(), way: way(), ...from() })],
    [40, () => ({ call: 'has', key: space.anyKey(), way: way() })],
    [
      40,
      () => {
        const keys = Array.from({ length: random.below(12) }, () => space.anyKey())
        return { call: 'getMany', keys, way: way(), ...from() }
      },
    ],
    [60, () => ({ call: 'scan', way: random.pick(['sync', 'all', 'next', 'await']), ...scan(0.05) })],
    [14, () => ({ call: 'openIterator', iterator: held(), ...scan(0.4) })],
    [
      90,
      () => {
        const count = random.pick([0, 1, 1, 2, 7, 30, 300])
        return { call: 'next', iterator: held(), count, way: random.pick(['sync', 'async']) }
      },
    ],
    [20, () => ({ call: 'seek', iterator: held(), key: space.bound() })],
    [4, () => ({ call: 'closeIterator', iterator: held() })],
    [8, () => ({ call: 'snapshot', snapshot: held() })],
    [4, () => ({ call: 'closeSnapshot', snapshot: held() })],
    [6, () => ({ call: 'flush', way: later() })],
    [4, () => ({ call: 'compact', range: bounds(0.5), way: later() })],
    [4, () => ({ call: 'sync', way: later() })],
    [1, () => ({ call: 'pauseCompaction', way: later() })],
    [3, () => ({ call: 'resumeCompaction', way: later() })],
    [3, () => ({ call: 'approximateSize', range: bounds(0.3) })],
    [12, () => ({ call: 'settle' })],
    [1, () => ({ call: 'reopen' })],
    [2, () => ({ call: 'checkpoint' })],
    [2, () => ({ call: 'crash', mode: random.pick(['kill', 'power'] as const), seed: random.uint32() })],
  ]
  const weighted = makers.flatMap(([weight, make]) => Array.from({ length: weight }, () => make))
  return Array.from({ length: count }, () => random.pick(weighted)())
}
