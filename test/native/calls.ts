import { afterEach, expect } from 'vitest'
import type { NativeEngine } from '../../lib/native.ts'
import { startEngine } from './open-engine.ts'

const opened: NativeEngine[] = []
afterEach(() => {
  for (const engine of opened.splice(0)) engine.close()
})

/** Closes the engine after the test that runs. */
export function closing(engine: NativeEngine): NativeEngine {
  opened.push(engine)
  return engine
}

/** An engine that takes writes and is closed after the test: arguments of `startEngine`. */
export function engineOf(...args: Parameters<typeof startEngine>): NativeEngine {
  return closing(startEngine(...args))
}

export const bytes = (text: string) => Buffer.from(text)

export const invalid = expect.objectContaining({ code: 'BURROW_INVALID_ARGUMENT' })
export const closed = expect.objectContaining({ code: 'BURROW_CLOSED' })

export function thrownBy(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
