import { describe, expect, it } from 'vitest'
import { native, WRITE_SYNC } from '../../lib/native.ts'
import { engineOf, invalid, thrownBy } from './calls.ts'

describe('a file system', () => {
  it.each(['posix', 'memory', 'fault'] as const)('%s does what it says', (kind) => {
    const directory = `/tmp/burrow-binding-${process.pid}`
    const env =
      kind === 'posix'
        ? native.posixEnv()
        : kind === 'memory'
          ? native.memoryEnv()
          : native.faultEnv(native.memoryEnv())
    expect(env.kind).toBe(kind)
    env.createDirs(`${directory}/a/b`)
    expect(env.exists(`${directory}/nothing`)).toBe(false)
    expect(env.isDirectory(`${directory}/a`)).toBe(true)
    expect(env.list(directory)).toEqual(['a'])
    const lock = env.lock(`${directory}/LOCK`)
    expect(thrownBy(() => env.lock(`${directory}/LOCK`))).toEqual(
      expect.objectContaining({
        code: 'BURROW_LOCKED',
        context: expect.objectContaining({ holderPid: process.pid }),
      }),
    )
    lock.release()
    lock.release()
    env.lock(`${directory}/LOCK`).release()
    env.rename(`${directory}/LOCK`, `${directory}/other`)
    env.syncDir(directory)
    expect(env.fileSize(`${directory}/other`)).toBe(env.readFile(`${directory}/other`, 100).length)
    expect(env.freeSpace(directory)).toBeGreaterThan(0)
    expect(env.totalSpace(directory)).toBeGreaterThanOrEqual(env.freeSpace(directory))
    env.remove(`${directory}/other`)
    expect(thrownBy(() => env.remove(`${directory}/other`))).toMatchObject({ context: { errno: 2 } })
    for (const path of ['/a/b', '/a', '']) env.removeDir(directory + path)
    expect(thrownBy(() => env.list(1 as never))).toEqual(invalid)
    expect(thrownBy(() => env.list.call({} as never, '/'))).toBeInstanceOf(Error)
    const other = new (env.constructor as new () => typeof env)()
    expect(thrownBy(() => other.list('/'))).toEqual(invalid)
  })

  it('memory crashes and fills up', () => {
    const env = native.memoryEnv()
    const engine = engineOf(env)
    env.syncDir('/')
    engine.putSS('kept', '1', WRITE_SYNC)
    engine.putSS('written', '2', 0)
    const power = env.crashClone?.('power', 7)
    const kill = env.crashClone?.('kill', 7)
    expect(power?.kind).toBe('memory')
    expect(kill && native.readLog(kill, '/db/000001.wal', 'wal', 1).records.length).toBe(2)
    expect(power && native.readLog(power, '/db/000001.wal', 'wal', 1).records.length).toBeGreaterThanOrEqual(
      1,
    )
    env.setCapacity?.(1)
    expect(env.freeSpace('/')).toBe(0)
    env.setCapacity?.(0)
    expect(env.freeSpace('/')).toBeGreaterThan(0)
    expect(thrownBy(() => env.crashClone?.('other' as never, 1))).toEqual(invalid)
  })

  it('fault fails by rules and counts', () => {
    const env = native.faultEnv(native.memoryEnv())
    env.setTrace?.(true)
    const id = env.addRule?.({ operations: ['mkdir'], pathContains: 'x', effect: 'error', errno: 'ENOSPC' })
    expect(thrownBy(() => env.createDirs('/x'))).toMatchObject({ code: 'BURROW_NO_SPACE' })
    env.createDirs('/x')
    expect(env.trace?.()).toEqual(['mkdir x !', 'mkdir x'])
    expect(env.operations?.()).toMatchObject({ total: 2, byKind: { mkdir: 2, sync: 0 } })
    env.removeRule?.(id as number)
    env.addRule?.({ effect: 'error', repeat: true })
    expect(thrownBy(() => env.list('/'))).toMatchObject({ code: 'BURROW_IO' })
    env.clearRules?.()
    expect(env.list('/')).toEqual(['x'])
    for (const rule of [
      {},
      { effect: 'other' },
      { effect: 'error', after: 0 },
      { effect: 'error', operations: ['fly'] },
    ]) {
      expect(thrownBy(() => env.addRule?.(rule as never))).toEqual(invalid)
    }
  })
})
