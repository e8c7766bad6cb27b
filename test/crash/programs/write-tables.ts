// Runs in a child process, on the build, until it is killed: writes to two tables with indexes that come and go, in every
// way there is, and says on standard output which steps are acknowledged. Step t leaves t in both tables, or nothing; the
// items of group -1 in the left one come and go.
import { writeSync as writeOut } from 'node:fs'
import { type DatabaseOptions, isTableError, Tables } from '../../../lib/tables.ts'
import { Random } from '../../model/random.ts'

export interface TablesLife {
  readonly directory: string
  /** The first step to make. */
  readonly first: number
  readonly seed: number
  readonly options: DatabaseOptions
  /** The process dies by itself while it fills an index. */
  readonly dieFilling: boolean
}

const { dieFilling, directory, first, options, seed } = JSON.parse(process.argv[2]!) as TablesLife
const random = new Random(seed)
const say = (line: string) => writeOut(1, `${line}\n`)
const groups = 5

const left = {
  name: 'left',
  partitionKey: { name: 'group', type: 'N' },
  sortKey: { name: 'step', type: 'N' },
  globalIndexes: [
    { name: 'by-kind', partitionKey: { name: 'kind', type: 'S' }, projection: 'KEYS_ONLY' },
    { name: 'by-until', partitionKey: { name: 'mood', type: 'N' }, sortKey: { name: 'until', type: 'N' } },
  ],
  localIndexes: [{ name: 'by-mood', sortKey: { name: 'mood', type: 'N' } }],
  stream: true,
  ttl: 'until',
} as const
/** The items of steps do not expire before the test is over. */
const farAway = 4_000_000_000
const right = { name: 'right', partitionKey: { name: 'step', type: 'N' } } as const
const byMood = { name: 'by-mood', partitionKey: { name: 'mood', type: 'N' } } as const

async function step(tables: Tables, t: number): Promise<void> {
  const how = { sync: random.chance(0.3) }
  const key = { group: t % groups, step: t }
  const filler = 'x'.repeat(random.below(200))
  const until = farAway + random.below(3)
  const item = { ...key, kind: `kind-${random.below(7)}`, mood: random.below(9), until, filler }
  const mirror = { step: t, mood: random.below(9), filler }
  if (random.chance(0.5)) {
    await tables.batchWrite({ left: { put: [item] }, right: { put: [mirror] } }, how)
  } else {
    const condition = 'attribute_not_exists(step)'
    const count = {
      table: 'right',
      key: { step: -1 },
      expression: 'ADD transactions :one',
      values: { ':one': 1 },
    }
    await tables.transactWrite(
      [
        { put: { table: 'left', item, condition } },
        { put: { table: 'right', item: mirror, condition } },
        { update: count },
      ],
      { ...how, ...(random.chance(0.3) ? { clientRequestToken: `step ${t}` } : {}) },
    )
  }
  say(String(t))
}

/** Changes what index rows are made of, and deletes filler: never the items that the steps left. */
async function stir(tables: Tables, t: number): Promise<void> {
  const of = random.below(t + 1)
  await tables
    .table('left')
    .update({ group: of % groups, step: of }, 'SET mood = :m, #u = :u REMOVE filler', {
      names: { '#u': 'until' },
      condition: 'attribute_exists(step)',
      values: { ':m': random.below(9), ':u': farAway + random.below(3) },
      sync: false,
    })
}

/** Items that are soon gone: deleted, or expired. */
async function comeAndGo(tables: Tables, t: number): Promise<void> {
  const left = tables.table('left')
  const key = { group: -1, step: random.below(20) }
  const until = Math.floor(Date.now() / 1000) + random.between(-100, 1)
  const mood = random.below(9)
  switch (random.below(5)) {
    case 0:
      await left.put({ ...key, mood, until }, { returnValues: 'ALL_OLD' })
      return
    case 1:
      await left.delete(key)
      return
    case 2:
      await left.update(key, 'SET #u = :u, touched = :t', {
        names: { '#u': 'until' },
        values: { ':u': until, ':t': t },
      })
      return
    case 3:
      await tables.transactWrite([
        { put: { table: 'left', item: { ...key, mood, until: farAway } } },
        { delete: { table: 'left', key: { group: -1, step: 20 } } },
      ])
      return
    default:
      await left.batchWrite({ put: [{ ...key, mood, until }], delete: [{ group: -1, step: 20 }] })
  }
}

function onlyUnmetConditions(error: unknown): void {
  if (!isTableError(error, 'ConditionalCheckFailedException')) throw error
}

async function changeIndexes(tables: Tables): Promise<void> {
  const { globalIndexes } = await tables.describe('right', { count: false })
  const change = globalIndexes.length > 0 ? { dropIndexes: ['by-mood'] } : { createGlobalIndexes: [byMood] }
  await tables.update('right', change, { wait: false })
}

/** So many items that filling an index takes a while. Their steps are below −1. */
async function makeBallast(tables: Tables): Promise<void> {
  for (let from = 2; from < 1500; from += 25) {
    const put = Array.from({ length: 25 }, (_, n) => ({ step: -(from + n), mood: n % 9 }))
    await tables.batchWrite({ right: { put } }, { sync: false })
  }
}

async function dieWhileFilling(tables: Tables): Promise<void> {
  const { globalIndexes } = await tables.describe('right', { count: false })
  if (globalIndexes.length > 0) await tables.update('right', { dropIndexes: ['by-mood'] })
  const onProgress = () => process.kill(process.pid, 'SIGKILL')
  await tables.update('right', { createGlobalIndexes: [byMood] }, { onProgress })
}

say('begin')
for (let next = first; ; ) {
  const tables = await Tables.open(directory, { ...options, sweepIntervalMs: 20 })
  const there = await tables.list()
  if (!there.includes('left')) await tables.create(left)
  if (!there.includes('right')) {
    await tables.create(right)
    await makeBallast(tables)
  }
  for (let burst = random.between(3, 20); burst > 0; burst--) {
    const work: Promise<unknown>[] = Array.from({ length: random.between(1, 20) }, () => step(tables, next++))
    // What is not there yet is refused.
    for (let count = random.below(15); count > 0; count--)
      work.push(stir(tables, next).catch(onlyUnmetConditions))
    for (let count = random.below(15); count > 0; count--) work.push(comeAndGo(tables, next))
    if (dieFilling && random.chance(0.5)) work.push(dieWhileFilling(tables))
    else if (random.chance(0.2)) work.push(changeIndexes(tables))
    if (random.chance(0.1)) work.push(tables.database.flush())
    await Promise.all(work)
  }
  await tables.close()
}
