import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native.ts'
import { bytes, engineOf, invalid, thrownBy } from './calls.ts'
import { completionsOf, flush, format, openScan, run } from './open-engine.ts'

describe('jobs', () => {
  it('flush, compact, install, release and delete', () => {
    const env = native.memoryEnv()
    const engine = engineOf(env)
    for (let i = 0; i < 100; i++) engine.putSS(`k${i}`, 'old', 0)
    const first = flush(engine)
    const snapshot = engine.addSnapshot()
    for (let i = 0; i < 50; i++) engine.putSS(`k${i}`, 'new', 0)
    const second = flush(engine)
    const compact = () =>
      run(engine, {
        type: 'compact',
        priority: 'compaction',
        inputs: [{ level: 0, tables: [first, second] }],
        outputLevel: 1,
        targetFileSize: 1 << 20,
        maxGrandparentOverlap: 0,
        format,
      })
    expect(compact()).toMatchObject({ recordsIn: 150, recordsDropped: 0, tombstonesDropped: 0 })
    expect(engine.stats().snapshots).toBe(1)
    engine.removeSnapshot(snapshot)
    const completion = compact()
    expect(completion).toMatchObject({ type: 'compact', recordsIn: 150, recordsDropped: 50 })
    const table = completion.outputs?.[0]?.table
    if (table === undefined) throw new Error('no output')
    expect(table).toMatchObject({ entries: 100, tombstones: 0, codec: 'lz4', largestExclusive: false })
    expect([table.smallest.toString(), table.largest.toString()]).toEqual(['k0', 'k99'])
    const scan = openScan(engine)
    const dropped = [first, second].map((number) => ({ level: 0, number }))
    expect(
      thrownBy(() => engine.install({ added: [], dropped: [{ level: 0, number: 99 }], dropMemtables: 0 })),
    ).toMatchObject({ code: 'BURROW_INTERNAL' })
    engine.install({ added: [{ ...table, level: 1 }], dropped, dropMemtables: 0 })
    expect(engine.takeReleased()).toEqual([])
    scan.close()
    expect(engine.takeReleased().sort()).toEqual([first, second].sort())
    run(engine, {
      type: 'deleteFiles',
      files: [first, second].map((number) => ({ kind: 'table' as const, number })),
    })
    expect(env.list('/db').filter((name) => name.endsWith('.sst')).length).toBe(2)
    expect(engine.getStringS('k1')).toBe('new')
    const name = `/db/${String(table.number).padStart(6, '0')}.sst`
    const dump = native.dumpTable(env, name, table.number, 2)
    expect(dump.info).toMatchObject({ entries: 100, fileSize: table.size })
    expect(dump.records.map((r) => [r.key.toString(), r.kind, r.value.toString()])).toEqual([
      ['k0', 'put', 'new'],
      ['k1', 'put', 'new'],
    ])
    expect(dump.truncated).toBe(true)
  })

  it('write manifests and move files away', () => {
    const env = native.memoryEnv()
    const engine = engineOf(env)
    const number = engine.newFileNumber()
    const created = run(engine, { type: 'manifestCreate', number, records: [bytes('one'), bytes('two')] })
    expect(env.readFile('/db/CURRENT', 100).toString()).toBe('MANIFEST-000002\n')
    const appended = run(engine, { type: 'manifestAppend', record: bytes('three') })
    expect(appended.manifestSize).toBeGreaterThan(created.manifestSize as number)
    const log = native.readLog(env, '/db/MANIFEST-000002', 'manifest', 2)
    expect(log.records.map((r) => r.payload.toString())).toEqual(['one', 'two', 'three'])
    expect(log).toMatchObject({
      end: 'clean',
      endOffset: appended.manifestSize,
      fileSize: appended.manifestSize,
    })
    expect(
      native.readLog(env, '/db/MANIFEST-000002', 'manifest', 2, log.databaseId, log.endOffset).records.length,
    ).toBe(3)
    expect(thrownBy(() => native.readLog(env, '/db/MANIFEST-000002', 'wal', 2))).toMatchObject({
      code: 'BURROW_CORRUPTION',
    })
    expect(run(engine, { type: 'moveToLost', names: ['MANIFEST-000002'] }).error).toBeUndefined()
    expect(env.list('/db/lost')).toEqual(['MANIFEST-000002'])
  })

  it('cancel compactions', () => {
    const env = native.faultEnv(native.memoryEnv())
    const engine = engineOf(env)
    for (let i = 0; i < 1000; i++) engine.putSS(`k${i}`, 'v', 0)
    const table = flush(engine)
    env.addRule?.({
      operations: ['create'],
      pathContains: '.sst',
      effect: 'delay',
      delayMicros: 50_000,
      repeat: true,
    })
    engine.submit({
      id: 9,
      type: 'compact',
      priority: 'l0',
      inputs: [{ level: 0, tables: [table] }],
      outputLevel: 1,
      targetFileSize: 0,
      maxGrandparentOverlap: 0,
      format,
    })
    engine.cancelCompactions()
    expect(completionsOf(engine, 1)).toMatchObject([{ id: 9, error: { code: 13 } }])
  })

  it('refuse what is malformed', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.submit(undefined as never),
      () => engine.submit({ id: 1, type: 'fly' } as never),
      () => engine.submit({ id: 1, type: 'flush' } as never),
      () => engine.submit({ id: 1, type: 'flush', memtables: [77], targetFileSize: 0, format }),
      () =>
        engine.submit({
          id: 1,
          type: 'flush',
          memtables: [1],
          targetFileSize: 0,
          format: { ...format, codec: 'no' },
        }),
      () => engine.submit({ id: 1, type: 'moveToLost', names: ['../etc'] }),
      () => engine.submit({ id: 1, type: 'deleteFiles', files: [{ kind: 'current' as never, number: 1 }] }),
    ]
    for (const call of calls) expect(thrownBy(call), call.toString()).toEqual(invalid)
    const getter = Object.defineProperty({}, 'id', {
      get() {
        throw new RangeError('mine')
      },
    })
    expect(thrownBy(() => engine.submit(getter as never))).toBeInstanceOf(RangeError)
  })
})
