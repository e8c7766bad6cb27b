import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { BurrowError } from '../../lib/base/errors.ts'
import { optionSchema } from '../../lib/base/option-schema.ts'
import { type DatabaseOptions, describeOptions, validateOptions } from '../../lib/base/options.ts'
import { presets } from '../../lib/base/presets.ts'

function refusal(options: unknown): BurrowError {
  try {
    validateOptions(options as DatabaseOptions)
  } catch (error) {
    if (error instanceof BurrowError) return error
    throw error
  }
  throw new Error('the options were accepted')
}

describe('validateOptions', () => {
  it('fills in the documented defaults and freezes the result', () => {
    const options = validateOptions()
    expect(options).toMatchObject({
      createIfMissing: true,
      errorIfExists: false,
      readOnly: false,
      recovery: 'strict',
      memtableSize: 64 * 2 ** 20,
      maxMemtables: 3,
      syncWrites: true,
      bloomBitsPerKey: 10,
      blockSize: 4096,
      targetFileSize: 64 * 2 ** 20,
      maxOpenFiles: 1000,
      l0CompactionTrigger: 4,
      l0SlowdownTrigger: 20,
      l0StopTrigger: 36,
      levelSizeMultiplier: 10,
      baseLevelSize: 256 * 2 ** 20,
      maxBackgroundJobs: 2,
      keyEncoding: 'utf8',
      valueEncoding: 'utf8',
    })
    expect(options.compression).toEqual(Array(7).fill('lz4'))
    expect(options.blockCacheSize).toBeLessThanOrEqual(512 * 2 ** 20)
    expect(Object.isFrozen(options)).toBe(true)
    expect(Object.isFrozen(options.compression)).toBe(true)
  })

  it('reads every getter exactly once', () => {
    const reads = new Map<string, number>()
    const user = {}
    for (const name of Object.keys(optionSchema)) {
      Object.defineProperty(user, name, {
        enumerable: true,
        get() {
          reads.set(name, (reads.get(name) ?? 0) + 1)
          return undefined
        },
      })
    }
    validateOptions(user)
    expect([...reads.values()]).toEqual(Array(Object.keys(optionSchema).length).fill(1))
  })

  it('copies what the user could change later', () => {
    const compression: ('none' | 'lz4')[] = ['none', 'lz4']
    const options = validateOptions({ compression })
    compression[0] = 'lz4'
    expect(options.compression).toEqual(['none', 'lz4', 'lz4', 'lz4', 'lz4', 'lz4', 'lz4'])
  })

  it.each([
    ['memtableSize', 4095, 'an integer from 4 KiB to 2 GiB'],
    ['memtableSize', 2 ** 31 + 1, 'an integer from 4 KiB to 2 GiB'],
    ['memtableSize', 1e6 + 0.5, 'an integer'],
    ['memtableSize', Number.NaN, 'an integer'],
    ['memtableSize', Number.POSITIVE_INFINITY, 'an integer'],
    ['memtableSize', '64', 'an integer'],
    ['memtableSize', 65536n, 'an integer'],
    ['memtableSize', null, 'an integer'],
    ['maxMemtables', 1, 'from 2 to 64'],
    ['bloomBitsPerKey', -1, 'from 0 to 64'],
    ['syncWrites', 1, 'true or false'],
    ['compression', 'snappy', "'none', 'lz4', 'zstd' or 'zlib'"],
    ['compression', [], 'an array of 1 to 7'],
    ['compression', ['lz4', 'nope'], 'an array of 1 to 7'],
    ['compression', Array(8).fill('lz4'), 'an array of 1 to 7'],
    ['compactionStyle', 'flat', "'leveled'"],
    ['logger', { info() {} }, 'trace, debug'],
    ['onEvent', {}, 'a function'],
    ['env', 1, 'an object'],
    ['keyEncoding', 'hex', "'utf8', 'buffer' or 'json'"],
    ['l0StopTrigger', 2, 'at least l0SlowdownTrigger (20)'],
    ['l0SlowdownTrigger', 2, 'at least l0CompactionTrigger (4)'],
    ['hardPendingCompactionBytes', 2 ** 20, 'at least softPendingCompactionBytes'],
  ])('refuses %s: %s and names option, value and range', (option, value, allowed) => {
    const error = refusal({ [option]: value })
    expect(error.code).toBe('BURROW_INVALID_ARGUMENT')
    expect(error.message).toContain(`'${option}'`)
    expect(error.message).toContain(allowed)
    expect(error.context).toMatchObject({ option, value })
    expect(error.context.allowed).toContain(allowed)
  })

  it('refuses an unknown option and suggests the nearest', () => {
    expect(refusal({ memTableSize: 1 }).message).toContain("did you mean 'memtableSize'?")
    expect(refusal({ compresion: 'lz4' }).context['suggestion']).toBe('compression')
    expect(refusal({ completelyDifferent: 1 }).message).toContain('the options are createIfMissing')
    expect(refusal(JSON.parse('{"__proto__": 1}')).message).toContain('__proto__')
    expect(refusal({ toString: 1 }).message).toContain("'toString'")
  })

  it('refuses what is not an object', () => {
    for (const options of [null, 'x', 1, [], true])
      expect(refusal(options).code).toBe('BURROW_INVALID_ARGUMENT')
  })

  it('answers BURROW_UNSUPPORTED for what is not built yet', () => {
    for (const options of [{ compactionStyle: 'tiered' }, { compactionStyle: 'fifo' }]) {
      expect(refusal(options).code).toBe('BURROW_UNSUPPORTED')
    }
  })

  it('refuses a level of effort that zlib does not have', () => {
    expect(refusal({ compression: 'zlib', compressionLevel: 10 }).context.option).toBe('compressionLevel')
    expect(validateOptions({ compression: 'zstd', compressionLevel: 19 }).compressionLevel).toBe(19)
  })

  it('moves dependent defaults along', () => {
    const options = validateOptions({ memtableSize: 4096, l0CompactionTrigger: 100 })
    expect(options).toMatchObject({ l0SlowdownTrigger: 200, l0StopTrigger: 360, baseLevelSize: 409_600 })
  })

  it('accepts inherited fields and treats undefined as absent', () => {
    class Settings {
      get memtableSize() {
        return 8192
      }
    }
    expect(validateOptions(new Settings()).memtableSize).toBe(8192)
    expect(validateOptions({ maxMemtables: undefined as unknown as number }).maxMemtables).toBe(3)
  })
})

describe('the table of options', () => {
  it('documents every option: doc, default and range', () => {
    const rows = describeOptions()
    expect(rows.map((row) => row.name)).toEqual(Object.keys(optionSchema))
    for (const row of rows) {
      expect(row.doc, row.name).toMatch(/^[A-Z].*[.]$/)
      expect(row.default, row.name).not.toBe('')
      expect(row.range, row.name).not.toBe('')
      expect(['open', 'call']).toContain(row.applies)
    }
  })

  it('has defaults that validate when given explicitly', () => {
    const { compression, ...rest } = validateOptions()
    const again = validateOptions({ ...rest, compression })
    expect({ ...again }).toEqual({ ...validateOptions() })
  })

  it('agrees word for word with the comments of DatabaseOptions', () => {
    const source = readFileSync(new URL('../../lib/base/option-types.ts', import.meta.url), 'utf8')
    const body = source.slice(
      source.indexOf('interface DatabaseOptions'),
      source.indexOf('interface ResolvedOptions'),
    )
    const comments = [...body.matchAll(/\/\*\* (.*) \*\/\s+(\w+)\?:/g)].map(([, doc, name]) => [name, doc])
    expect(comments).toEqual(describeOptions().map((row) => [row.name, row.doc]))
  })
})

describe('presets', () => {
  it.each(Object.entries(presets))('%s is frozen and validates', (_, preset) => {
    expect(Object.isFrozen(preset)).toBe(true)
    expect(() => validateOptions({ ...preset })).not.toThrow()
  })

  it('has the ten documented names', () => {
    expect(Object.keys(presets).join(' ')).toBe(
      'default writeHeavy readHeavy balanced ssd hdd highMemory memoryOptimized durability bulkLoad',
    )
  })
})
