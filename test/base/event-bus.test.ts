import { afterEach, describe, expect, it, vi } from 'vitest'
import { EventBus } from '../../lib/base/event-bus.ts'
import type { EventMap } from '../../lib/base/events.ts'
import { type Logger, silentLogger } from '../../lib/base/logger.ts'

const deleted = (file: number): EventMap['tableDeleted'] => ({ file, bytes: 1 })
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

afterEach(() => {
  vi.restoreAllMocks()
})

describe('EventBus', () => {
  it('delivers later, in order, to each listener', async () => {
    const bus = new EventBus({ logger: silentLogger })
    const seen: unknown[] = []
    bus.on('tableDeleted', (event) => seen.push(event.file))
    bus.onAny((name, event) => seen.push([name, event]))
    bus.emit('tableDeleted', deleted(1))
    bus.emit('manifestWritten', { file: 2, bytes: 3, edits: 1, rolled: false })
    expect(seen).toEqual([])
    await turn()
    expect(seen).toEqual([
      1,
      ['tableDeleted', deleted(1)],
      ['manifestWritten', { file: 2, bytes: 3, edits: 1, rolled: false }],
    ])
  })

  it('unsubscribes by the returned function, by off and after once', async () => {
    const bus = new EventBus({ logger: silentLogger })
    const [a, b, c] = [vi.fn(), vi.fn(), vi.fn()]
    const end = bus.on('tableDeleted', a)
    bus.on('tableDeleted', b)
    bus.once('tableDeleted', c)
    end()
    end()
    bus.off('tableDeleted', b)
    bus.emit('tableDeleted', deleted(1))
    bus.emit('tableDeleted', deleted(2))
    await turn()
    expect([a.mock.calls, b.mock.calls, c.mock.calls]).toEqual([[], [], [[deleted(1)]]])
    expect(bus.wants('tableDeleted')).toBe(false)
  })

  it('bounds the queue and counts what it dropped', async () => {
    const bus = new EventBus({ logger: silentLogger, capacity: 2 })
    bus.emit('tableDeleted', deleted(0))
    expect(bus.pending).toBe(0)
    const seen: number[] = []
    bus.on('tableDeleted', (event) => seen.push(event.file))
    for (let file = 1; file <= 5; file++) bus.emit('tableDeleted', deleted(file))
    expect(bus.dropped).toBe(3)
    await turn()
    bus.emit('tableDeleted', deleted(6))
    await turn()
    expect(seen).toEqual([1, 2, 6])
  })

  it('survives listeners that throw or reject: logged each time, warned of once', async () => {
    const error = vi.fn()
    const logger: Logger = { ...silentLogger, error }
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const bus = new EventBus({ logger })
    const seen: number[] = []
    bus.on('tableDeleted', () => {
      throw new Error('mine')
    })
    const rejecting = (() => Promise.reject(new Error('later'))) as unknown as () => void
    bus.on('tableDeleted', rejecting)
    bus.on('tableDeleted', (event) => seen.push(event.file))
    bus.emit('tableDeleted', deleted(1))
    bus.emit('tableDeleted', deleted(2))
    await turn()
    await turn()
    expect(seen).toEqual([1, 2])
    expect(error).toHaveBeenCalledTimes(4)
    expect(warn).toHaveBeenCalledTimes(2)
  })

  it('lets a listener emit and unsubscribe; what it emits comes in the next turn', async () => {
    const bus = new EventBus({ logger: silentLogger })
    const seen: number[] = []
    const second = vi.fn()
    bus.on('tableDeleted', (event) => {
      seen.push(event.file)
      bus.off('tableDeleted', second)
      if (event.file < 3) bus.emit('tableDeleted', deleted(event.file + 1))
    })
    bus.on('tableDeleted', second)
    bus.emit('tableDeleted', deleted(1))
    bus.deliver()
    expect(seen).toEqual([1])
    await turn()
    await turn()
    await turn()
    expect(seen).toEqual([1, 2, 3])
    expect(second).not.toHaveBeenCalled()
  })

  it('refuses unknown events and listeners that are no functions', () => {
    const bus = new EventBus({ logger: silentLogger })
    expect(() => bus.on('flushed' as 'flush', () => {})).toThrow(/no event named 'flushed'/)
    expect(() => bus.on('flush', 1 as never)).toThrow(
      expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' }),
    )
  })
})
