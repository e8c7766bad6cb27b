import { describe, expect, it, vi } from 'vitest'
import { Version } from '../../lib/manifest/version.ts'
import { decodeVersionEdit, type VersionEdit } from '../../lib/manifest/version-edit.ts'
import { formatVersionEdit } from '../../lib/manifest/version-edit-text.ts'
import {
  type ManifestDone,
  ManifestReplay,
  type ManifestState,
  newManifestState,
  snapshotEdit,
  VersionSet,
} from '../../lib/manifest/version-set.ts'
import { table } from './arbitraries.ts'

const id = '00112233445566778899aabbccddeeff'

/** A manifest in memory, whose writes end when the test says so. */
function makeManifest(rollSize = 1 << 20, state: ManifestState = newManifestState(id)) {
  const records: Uint8Array[][] = []
  const waiting: ManifestDone[] = []
  const set = new VersionSet({
    state,
    manifestRollSize: rollSize,
    sink: {
      append(record, _, done) {
        records.at(-1)!.push(record)
        waiting.push(done)
      },
      roll(record, _, done) {
        records.push([record])
        waiting.push(done)
      },
    },
  })
  const finish = (error: Error | null = null) => {
    for (const done of waiting.splice(0)) done(error)
  }
  return { set, records, waiting, finish }
}

const addTable = (number: number, more = {}): VersionEdit => ({
  added: [{ level: 0, table: table(number, 'a', 'z', more) }],
})

function replay(records: Uint8Array[]): ManifestState {
  const fold = new ManifestReplay()
  for (const record of records) fold.apply(decodeVersionEdit(record))
  return fold.finish()
}

describe('VersionSet', () => {
  it('applies at once and tells when the edit is durable', () => {
    const { set, finish } = makeManifest()
    const durable = vi.fn()
    set.roll()
    set.update(() => addTable(4), durable)
    expect(set.version.tableCount).toBe(1)
    expect([set.pending, durable.mock.calls.length]).toEqual([2, 0])
    finish()
    expect(durable.mock.calls).toEqual([[null]])
    expect(set.pending).toBe(0)
  })

  it('stamps each record with the counters, which only grow', () => {
    const { set, records } = makeManifest()
    set.roll()
    set.noteCounters({ nextFileNumber: 100, lastSequence: 7 })
    set.noteCounters({ nextFileNumber: 50, lastSequence: 3 })
    set.update(() => ({ addedWals: [3] }))
    set.update(() => addTable(200, { largestSeq: 900 }))
    expect(records[0]!.slice(1).map((record) => formatVersionEdit(decodeVersionEdit(record)))).toEqual([
      'next-file-number: 100\nlast-sequence: 7\nadd-wal: 000003',
      'next-file-number: 201\nlast-sequence: 900\nadd-table: L0 000200:[a,z] size:100 entries:10 seqs:200-900',
    ])
  })

  it('writes nothing for null', () => {
    const { set, waiting } = makeManifest()
    const durable = vi.fn(() => set.update(() => null))
    expect(set.update(() => null, durable)).toBe(set.version)
    expect([durable.mock.calls.length, waiting.length]).toEqual([1, 0])
  })

  it('changes nothing when the edit does not fit', () => {
    const { set, waiting } = makeManifest()
    const before = set.state
    const corrupt = expect.objectContaining({ code: 'BURROW_CORRUPTION' })
    expect(() => set.update(() => ({ deleted: [{ level: 0, number: 1 }] }))).toThrow(corrupt)
    expect(() =>
      set.update(() => {
        throw new Error('mine')
      }),
    ).toThrow('mine')
    expect(() => set.update(() => set.update(() => null) && null)).toThrow(/inside another/)
    expect(set.state).toBe(before)
    expect([waiting.length, set.failure]).toEqual([0, null])
  })

  it('refuses updates after a failed write, and calls nothing behind it durable', () => {
    const { set, waiting } = makeManifest()
    set.roll()
    const [first, second] = [vi.fn(), vi.fn()]
    set.update(() => addTable(1), first)
    set.update(() => addTable(2), second)
    const error = new Error('disk gone')
    waiting[0]!(null)
    waiting[1]!(error)
    waiting[2]!(null)
    expect([first.mock.calls, second.mock.calls]).toEqual([[[error]], [[error]]])
    expect(set.version.tableCount).toBe(2)
    const refused = expect.objectContaining({ code: 'BURROW_READ_ONLY', cause: error })
    expect(() => set.update(() => null)).toThrow(refused)
    expect(() => set.roll()).toThrow(refused)
  })

  it('rolls to a snapshot when the manifest is large, and not more often than it doubles', () => {
    const { set, records, finish } = makeManifest(400)
    set.roll()
    for (let number = 1; number <= 200; number++) {
      set.update(() => addTable(number))
      finish()
    }
    expect(records.length).toBeGreaterThan(4)
    expect(records.length).toBeLessThan(12)
    const state = replay(records.at(-1)!)
    expect(state.version.toString()).toBe(set.version.toString())
    expect(state).toMatchObject({ databaseId: id, nextFileNumber: 201, lastSequence: 200 })
  })
})

describe('ManifestReplay', () => {
  it('ends in the state that was written', () => {
    const { set, records } = makeManifest()
    set.roll()
    set.update(() => ({ addedWals: [2] }))
    set.update(() => ({ addedWals: [5], ...addTable(3) }))
    set.update(() => ({ minWal: 5 }))
    set.update(() => ({ clean: { wal: 5, length: 10 } }))
    const state = replay(records[0]!)
    expect({ ...state, version: String(state.version) }).toEqual({
      ...set.state,
      version: String(set.version),
    })
    expect(state).toMatchObject({ wals: [5], clean: { wal: 5, length: 10 } })
  })

  it('takes the clean mark back with the next edit', () => {
    const { set, records } = makeManifest()
    set.roll()
    set.update(() => ({ clean: { wal: 5, length: 10 } }))
    set.update(() => ({ addedWals: [6] }))
    expect(replay(records[0]!).clean).toBeNull()
  })

  it('refuses manifests that make no sense', () => {
    const corrupt = expect.objectContaining({ code: 'BURROW_CORRUPTION' })
    const first = snapshotEdit(newManifestState(id))
    const fold = (...edits: VersionEdit[]) => {
      const all = new ManifestReplay()
      for (const edit of edits) all.apply(edit)
      return all.finish()
    }
    expect(() => fold()).toThrow(corrupt)
    expect(() => fold({ lastSequence: 1 })).toThrow(corrupt)
    expect(() => fold(first, { databaseId: id.replace('0', '1') })).toThrow(corrupt)
    expect(() => fold(first, { deleted: [{ level: 0, number: 1 }] })).toThrow(corrupt)
    const overlap = [table(1, 'a', 'c'), table(2, 'b', 'd')].map((one) => ({ level: 1, table: one }))
    expect(() => fold(first, { added: overlap })).toThrow(corrupt)
    expect(fold(first, first).version).toEqual(Version.empty)
  })
})
