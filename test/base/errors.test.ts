import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { BurrowError, errorCodes, fromNative, isBurrowError } from '../../lib/base/errors.ts'

describe('native status codes', () => {
  it('map to error codes in the order of native/util/status.h', () => {
    const codes = Array.from({ length: 16 }, (_, i) => fromNative({ code: i + 1, message: 'm' }).code)
    expect(codes).toEqual([
      'BURROW_IO',
      'BURROW_CORRUPTION',
      'BURROW_LOCKED',
      'BURROW_CLOSED',
      'BURROW_READ_ONLY',
      'BURROW_INVALID_ARGUMENT',
      'BURROW_NOT_FOUND',
      'BURROW_EXISTS',
      'BURROW_NO_SPACE',
      'BURROW_BUSY',
      'BURROW_CONFLICT',
      'BURROW_TIMEOUT',
      'BURROW_ABORTED',
      'BURROW_ENCRYPTION',
      'BURROW_UNSUPPORTED',
      'BURROW_INTERNAL',
    ])
    expect(codes).toEqual(errorCodes)
  })

  it.each([0, -1, 17, 1.5, Number.NaN])(
    'an unknown code %s is an internal error that tells the code',
    (code) => {
      const error = fromNative({ code, message: 'odd' })
      expect(error.code).toBe('BURROW_INTERNAL')
      expect(error.message).toContain(`native status ${code}`)
    },
  )

  it('say what happened, to what, and what to do next', () => {
    const error = fromNative({ code: 2, message: 'bad checksum', file: '/d/000007.sst', offset: 4096 }, 'get')
    expect(error.message).toBe(
      'get: bad checksum (/d/000007.sst at offset 4096). Nothing was changed. Run `burrow verify` to see what is damaged, and `burrow repair` after copying the directory.',
    )
    expect(error.context).toEqual({ operation: 'get', file: '/d/000007.sst', offset: 4096 })
    expect(error.retryable).toBe(false)
  })

  it('name the holder of a lock', () => {
    const error = fromNative({ code: 3, message: 'locked', holderPid: 42 }, 'open')
    expect(error.context.holderPid).toBe(42)
    expect(error.message).toContain('held by process 42')
    expect(error.retryable).toBe(true)
  })
})

describe('BurrowError', () => {
  it('is an Error with a name, a cause and a frozen context', () => {
    const cause = new Error('below')
    const error = new BurrowError('BURROW_BUSY', 'too many iterators', {
      context: { operation: 'entries' },
      cause,
    })
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('BurrowError')
    expect(error.cause).toBe(cause)
    expect(Object.isFrozen(error.context)).toBe(true)
    expect(inspect(error)).toContain('BurrowError: too many iterators')
    expect(Object.keys(error)).not.toContain('name')
  })

  it('is recognised by its code', () => {
    expect(isBurrowError(new BurrowError('BURROW_IO', 'x'))).toBe(true)
    expect(isBurrowError(Object.assign(new Error('x'), { code: 'ENOENT' }))).toBe(false)
    expect(isBurrowError({ code: 'BURROW_IO' })).toBe(false)
  })
})
