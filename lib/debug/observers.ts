import type { DebugHost, OperationCall, OperationObserver } from '../kv/debug-host.ts'

interface Watch {
  readonly observers: Set<OperationObserver>
}

const watches = new WeakMap<DebugHost, Watch>()

/**
 * Lets `observer` see the operations of a database beside others, until the function that is returned is called or the
 * database closes. With the last one the plain functions are put back.
 */
export function addObserver(host: DebugHost, observer: OperationObserver): () => void {
  let watch = watches.get(host)
  if (watch === undefined) {
    watch = { observers: new Set() }
    watches.set(host, watch)
    host.onClosing(() => {
      watch?.observers.clear()
      host.observe(undefined)
    })
  }
  const { observers } = watch
  observers.add(observer)
  host.observe(combined([...observers]))
  return () => {
    if (!observers.delete(observer)) return
    host.observe(combined([...observers]))
  }
}

/** One observer that tells all of them, in their order, and `end` in the reverse one. */
function combined(observers: readonly OperationObserver[]): OperationObserver | undefined {
  const [first] = observers
  if (first === undefined || observers.length === 1) return first
  const reversed = [...observers].reverse()
  const runners = reversed.filter(({ run }) => run !== undefined)
  return {
    phases: observers.some(({ phases }) => phases === true),
    begin(call: OperationCall) {
      for (const observer of observers) observer.begin?.(call)
    },
    ...(runners.length > 0 && {
      run<T>(call: OperationCall, body: () => T): T {
        let inner = body
        for (const runner of runners) {
          const next = inner
          inner = () => runner.run!(call, next)
        }
        return inner()
      },
    }),
    end(call: OperationCall) {
      for (const observer of reversed) observer.end?.(call)
    },
  }
}
