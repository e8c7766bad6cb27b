export type KeyType = 'S' | 'N' | 'B'

export interface Key {
  readonly name: string
  readonly type: KeyType
}

export interface IndexShape {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly partition: Key
  readonly sort?: Key
  readonly projection: 'ALL' | 'KEYS_ONLY' | readonly string[]
}

export interface Shape {
  readonly name: string
  readonly partition: Key
  readonly sort?: Key
  readonly indexes: readonly IndexShape[]
}

const key = (name: string, type: KeyType): Key => ({ name, type })

/** The tables of the judge: keys of every type, indexes of every kind. */
export const shapes: readonly Shape[] = [
  { name: 'plain', partition: key('pk', 'S'), indexes: [] },
  {
    name: 'wide',
    partition: key('pk', 'S'),
    sort: key('sk', 'N'),
    indexes: [
      { name: 'by-text', kind: 'local', partition: key('pk', 'S'), sort: key('l1', 'S'), projection: 'ALL' },
      {
        name: 'by-bytes',
        kind: 'local',
        partition: key('pk', 'S'),
        sort: key('l2', 'B'),
        projection: 'KEYS_ONLY',
      },
      { name: 'all', kind: 'global', partition: key('g1', 'S'), sort: key('g2', 'N'), projection: 'ALL' },
      { name: 'few', kind: 'global', partition: key('g2', 'N'), projection: ['a', 'm'] },
      {
        name: 'keys',
        kind: 'global',
        partition: key('l2', 'B'),
        sort: key('pk', 'S'),
        projection: 'KEYS_ONLY',
      },
    ],
  },
  {
    name: 'bytes',
    partition: key('pk', 'B'),
    sort: key('sk', 'B'),
    indexes: [
      { name: 'turned', kind: 'global', partition: key('sk', 'B'), sort: key('pk', 'B'), projection: 'ALL' },
    ],
  },
  { name: 'numbers', partition: key('pk', 'N'), sort: key('sk', 'S'), indexes: [] },
]

/** The attributes of its keys and those of its indexes, each once. */
export function keysOf({ indexes, partition, sort }: Shape): Key[] {
  const keys = [partition, sort, ...indexes.flatMap((index) => [index.partition, index.sort])]
  return [...new Map(keys.flatMap((one) => (one === undefined ? [] : [[one.name, one]]))).values()]
}

/** The keys of the table itself. */
export function primaryKeys({ partition, sort }: Pick<Shape, 'partition' | 'sort'>): Key[] {
  return sort === undefined ? [partition] : [partition, sort]
}
