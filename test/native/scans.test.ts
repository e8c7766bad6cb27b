import { describe, expect, it } from 'vitest'
import {
  SCAN_ASCII_KEYS,
  SCAN_ASCII_VALUES,
  SCAN_DONE,
  SCAN_FILL_CACHE,
  SCAN_HEADER,
  SCAN_JOINED,
  SCAN_KEYS,
  SCAN_MISSED,
  SCAN_VALUES,
} from '../../lib/native.ts'
import { bytes, closed, engineOf, invalid, thrownBy } from './calls.ts'
import { flush, openScan } from './open-engine.ts'

const slab = Buffer.alloc(4096)

/** Keys from the front, values from the end: native/engine/scan.h. */
function unpackRecords(packed: Buffer, count: number): [string, string][] {
  const records: [string, string][] = []
  let end = packed.length
  for (let p = 0; records.length < count; ) {
    const key = p + 8
    const value = end - packed.readUInt32LE(p + 4)
    p = key + packed.readUInt32LE(p)
    records.push([packed.toString('utf8', key, p), packed.toString('utf8', value, end)])
    end = value
  }
  return records
}

/** Those of a scan buffer, as its head says. */
function recordsIn(buffer: Buffer): [string, string][] {
  const [front, values, flags, , count] = [0, 4, 8, 12, 16].map((at) => buffer.readUInt32LE(at))
  const end = flags! & SCAN_JOINED ? SCAN_HEADER + front! + values! : buffer.length
  return unpackRecords(buffer.subarray(SCAN_HEADER, end), count!)
}

describe('scans', () => {
  it('fill buffers forward and backward, count and seek', () => {
    const engine = engineOf()
    for (let i = 0; i < 10; i++) engine.putSS(`k${i}`, `v${i}`, 0)
    const buffer = Buffer.alloc(SCAN_HEADER + 12 * 4)
    const scan = openScan(engine, { lower: bytes('k2'), upper: bytes('k9') })
    expect(scan.fill(buffer, 100)).toBe(4)
    const ascii = SCAN_ASCII_KEYS | SCAN_ASCII_VALUES | SCAN_JOINED
    expect([buffer.readUInt32LE(0), buffer.readUInt32LE(4), buffer.readUInt32LE(8)]).toEqual([40, 8, ascii])
    expect(recordsIn(buffer)[0]).toEqual(['k2', 'v2'])
    expect(recordsIn(buffer)).toHaveLength(4)
    expect(scan.fill(buffer, 100)).toBe(3)
    expect(buffer.readUInt32LE(8)).toBe(ascii | SCAN_DONE)
    scan.seek('k7')
    expect(scan.count(1)).toBe(1)
    expect(scan.count(100)).toBe(1)
    const reverse = openScan(engine, { reverse: true, limit: 2, values: false })
    expect(reverse.fill(buffer, 100)).toBe(2)
    expect(recordsIn(buffer)).toEqual([
      ['k9', ''],
      ['k8', ''],
    ])
    scan.seek(bytes('k2'))
    expect(scan.fill(Buffer.alloc(SCAN_HEADER + 5), 10)).toBe(0)
    expect(engine.stats().scans).toBe(2)
    scan.close()
    scan.close()
    reverse.close()
    expect(engine.stats().scans).toBe(0)
    expect(thrownBy(() => scan.fill(buffer, 1))).toEqual(closed)
  })

  it('say how much room a large record needs', () => {
    const engine = engineOf()
    engine.putSS('k', 'v'.repeat(1000), 0)
    const scan = openScan(engine)
    expect(scan.fill(slab.subarray(0, 100), 10)).toBe(0)
    expect(slab.readUInt32LE(12)).toBe(8 + 1 + 1000)
    expect(scan.fill(slab, 10)).toBe(1)
    expect(thrownBy(() => scan.fill(slab.subarray(0, 15), 10))).toEqual(invalid)
    expect(thrownBy(() => scan.seek(1 as never))).toEqual(invalid)
    scan.seek('')
    expect(scan.count(10)).toBe(1)
  })

  it('give what is in memory, and go on from there on the disk', () => {
    const engine = engineOf()
    for (const key of ['b', 'd']) engine.putSS(key, 'old', 0)
    flush(engine)
    for (const key of ['a', 'c']) engine.putSS(key, 'new', 0)
    const flags = () => slab.readUInt32LE(8) & (SCAN_DONE | SCAN_MISSED)
    const keys = () => recordsIn(slab).map(([key]) => key)
    for (const reverse of [false, true]) {
      const all = reverse ? ['d', 'c', 'b', 'a'] : ['a', 'b', 'c', 'd']
      const cold = openScan(engine, { reverse })
      if (!reverse) {
        // Twice: what was missed is still missed.
        for (let i = 0; i < 2; i++) {
          expect(cold.fillFromMemory(slab, 10)).toBe(0)
          expect(flags()).toBe(SCAN_MISSED)
        }
      }
      expect(cold.fill(slab, 1)).toBe(1)
      expect(keys()).toEqual(all.slice(0, 1))
      expect(cold.fillFromMemory(slab, 2)).toBe(2)
      expect(flags()).toBe(0)
      expect(keys()).toEqual(all.slice(1, 3))
      expect(cold.fillFromMemory(slab, 10)).toBe(1)
      expect(flags()).toBe(SCAN_DONE)
      expect(keys()).toEqual(all.slice(3))
      cold.close()
    }
  })

  it('join few bytes of ASCII, and leave everything else apart', () => {
    const engine = engineOf()
    engine.putSS('a', 'x'.repeat(20), 0)
    engine.putSS('b', 'é', 0)
    engine.putSS('c', 'y'.repeat(5000), 0)
    const buffer = Buffer.alloc(10_000)
    const scan = openScan(engine)
    const joined: boolean[] = []
    for (const key of ['a', 'b', 'c']) {
      expect(scan.fill(buffer, 1)).toBe(1)
      expect(recordsIn(buffer)[0]![0]).toBe(key)
      joined.push((buffer.readUInt32LE(8) & SCAN_JOINED) !== 0)
    }
    expect(joined).toEqual([true, false, false])
  })

  it('come with what memory has of their first records', () => {
    const engine = engineOf()
    for (let i = 0; i < 5; i++) engine.putSS(`k${i}`, `v${i}`, 0)
    const memory = new ArrayBuffer(200)
    const records = () => recordsIn(Buffer.from(memory)).map(([key]) => key)
    const flags = () => new DataView(memory).getUint32(8, true) & (SCAN_DONE | SCAN_MISSED)
    const all = SCAN_KEYS | SCAN_VALUES | SCAN_FILL_CACHE
    const fromText = engine.openScanFrom(all, 'k1', 2, 0, undefined, memory)
    expect([records(), flags()]).toEqual([['k1', 'k2'], SCAN_DONE])
    // The limit counts from where one seeks to.
    engine.seekScan(fromText, 'k4')
    expect(engine.countScan(fromText, 10)).toBe(1)
    engine.closeScan(fromText)
    engine.closeScan(engine.openScan(all, bytes('k3'), undefined, 100, 0, undefined, memory))
    expect([records(), flags()]).toEqual([['k3', 'k4'], SCAN_DONE])
    const { next } = engine.stats().ops
    expect(next).toMatchObject({ count: 3, errors: 0 })

    flush(engine)
    const cold = engine.openScanFrom(all, 'k1', 2, 0, undefined, memory)
    expect([records(), flags()]).toEqual([[], SCAN_MISSED])
    expect(engine.fillScan(cold, slab, 2)).toBe(2)
    expect(recordsIn(slab).map(([key]) => key)).toEqual(['k1', 'k2'])
    engine.closeScan(cold)
    expect(engine.stats().scans).toBe(0)
  })

  it('are bounded in number', () => {
    const engine = engineOf()
    const scans = Array.from({ length: 4 }, () => openScan(engine))
    expect(thrownBy(() => openScan(engine))).toMatchObject({ code: 'BURROW_BUSY' })
    scans[0]?.close()
    openScan(engine)
  })

  it('fill on a disk thread, one call at a time', () => {
    const engine = engineOf()
    engine.putSS('a', 'é'.repeat(50), 0)
    engine.putSS('b', '2', 0)
    flush(engine)
    const scan = openScan(engine)
    const answer = () => {
      for (;;) {
        const [first] = engine.takeReads()
        if (first !== undefined) return first
        engine.waitProgress(10_000)
      }
    }
    scan.fillAsync(1, 100, 10)
    expect(thrownBy(() => scan.fill(slab, 1))).toMatchObject({ code: 'BURROW_BUSY' })
    const first = answer()
    expect(first).toMatchObject({ request: 1, records: 1, done: false, asciiKeys: true, asciiValues: false })
    expect(unpackRecords(first.bytes as Buffer, 1)).toEqual([['a', 'é'.repeat(50)]])
    scan.fillAsync(2, 100, 1000)
    scan.close()
    expect(engine.stats().scans).toBe(1)
    expect(answer()).toMatchObject({ request: 2, records: 1, done: true, asciiValues: true })
    expect(engine.stats().scans).toBe(0)
    expect(thrownBy(() => scan.count(1))).toEqual(closed)
  })

  it('refuse what is malformed', () => {
    const engine = engineOf()
    const calls: (() => unknown)[] = [
      () => engine.openScan(undefined as never, undefined, undefined, 1, 0),
      () => engine.openScan(16, undefined, undefined, 1, 0),
      () => engine.openScan(0, 'a' as never, undefined, 1, 0),
      () => engine.openScan(0, undefined, undefined, -1, 0),
      () => engine.openScan(0, undefined, undefined, 1, 0, -1),
      () => engine.fillScan('1' as never, slab, 1),
      () => engine.closeScan({} as never),
      () => engine.openScanFrom(0, 'a', 1, 0, undefined, slab as never),
      () => engine.openScanFrom(0, 'a', 1, 0, undefined, new ArrayBuffer(19)),
    ]
    for (const call of calls) expect(thrownBy(call), call.toString()).toEqual(invalid)
  })
})
