import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { native, STAGED_KEY_TEXT } from '../../lib/native.ts'
import { bytes, invalid, thrownBy } from './calls.ts'
import { configFor } from './open-engine.ts'

describe('the addon', () => {
  it('says its version, codecs and checksum', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(native.version).toBe(manifest.version)
    expect(native.codecs).toContain('none')
    expect(native.crc32cImplementation).toMatch(/\w/)
    expect(native.crc32c(bytes('123456789'))).toBe(0xe3069283)
    expect(native.randomDatabaseId()).toMatch(/^[0-9a-f]{32}$/)
    expect(native.randomDatabaseId()).not.toBe(native.randomDatabaseId())
  })

  it('packs records, and writes nothing where lengths, texts, bytes and room do not fit', () => {
    const words = Uint32Array.of(1 | STAGED_KEY_TEXT | (3 << 16), 2)
    const value = bytes('vw')
    const into = Buffer.alloc(20)
    type Arguments = Parameters<typeof native.packRecords>
    const good: Arguments = [into, 1, words, 1, 'key', value, 2]
    const changed = (at: number, argument: unknown) => good.with(at, argument as never) as Arguments
    const wrong: Arguments[] = [
      changed(0, 'text'),
      changed(0, Buffer.alloc(18)),
      changed(1, 3),
      changed(1, 21),
      changed(1, -1),
      changed(2, new Int32Array(2)),
      changed(3, 0),
      changed(3, 2),
      changed(4, 'keys'),
      changed(4, 5),
      changed(5, 'vw'),
      changed(6, 1),
      changed(6, 3),
    ]
    for (const call of wrong) expect(thrownBy(() => native.packRecords(...call))).toEqual(invalid)
    expect(into).toEqual(Buffer.alloc(20))
    expect(native.packRecords(...good)).toBe(13)
    expect(into.subarray(1, 13).toString('latin1')).toBe('\x01\x03\0\x02\0\0\0keyvw')
  })

  it('refuses arguments of other types', () => {
    const calls: (() => unknown)[] = [
      () => native.crc32c('text' as never),
      () => native.openEngine({} as never, configFor('/db')),
      () => native.openEngine(native.memoryEnv(), {} as never),
      () => native.openEngine(native.memoryEnv(), { ...configFor('/db'), databaseId: 'short' }),
      () => native.openEngine(native.memoryEnv(), { ...configFor('/db'), memtableSize: 1.5 }),
      () => native.openEngine(native.memoryEnv(), { ...configFor('/db'), jobThreads: -1 }),
      () => native.faultEnv(native as never),
      () => native.setErrorFactory(1 as never),
      () => native.readLog(native.memoryEnv(), '/x', 'other' as never, 1),
      () => native.dumpTable({} as never, '/x', 1, 1),
    ]
    for (const call of calls) expect(thrownBy(call)).toEqual(invalid)
  })
})
