import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { native } from '../../lib/native.ts'
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
