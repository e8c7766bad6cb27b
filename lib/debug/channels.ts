/**
 * `node:diagnostics_channel`: a TracingChannel for each operation, by Node's convention: `tracing:burrowdb:get:start`,
 * `…:end`, `…:asyncStart`, `…:asyncEnd` and `…:error`.
 *
 * Nobody can be asked "does anyone listen" per operation for free, so it is the other way round: the channel objects
 * themselves notice who subscribes, however that is done (through `channels`, through diagnostics_channel by name, or by
 * bindStore), and databases are observed only while one of them has subscribers.
 */
import { type Channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'
import type { DebugHost, OperationCall, OperationName, OperationObserver } from '../kv/debug-host.ts'
import { onOpened } from '../kv/opened.ts'
import { addObserver } from './observers.ts'
import { operationNames } from './operations.ts'

/** The message on the channels: one object for all five moments of a call. */
export interface ChannelMessage {
  readonly operation: OperationName
  /** Path of the database. */
  readonly database: string
  readonly sync: boolean
  /** The key, keys, operations or range, as the caller gave it. It is the caller's memory: do not keep it. */
  readonly subject: unknown
  result?: unknown
  error?: unknown
}

export type Channels = { readonly [N in OperationName]: TracingChannel<unknown, ChannelMessage> }

/** `channels.get` is what `diagnostics_channel.tracingChannel('burrowdb:get')` gives; and so on for every operation. */
export const channels = Object.freeze(
  Object.fromEntries(operationNames.map((name) => [name, tracingChannel(`burrowdb:${name}`)])),
) as unknown as Channels

const moments = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
const watched: readonly Channel[] = operationNames.flatMap((name) =>
  moments.map((moment) => channels[name][moment] as Channel),
)
/** The methods after which a channel may have, or have lost, its subscribers. */
const changing = ['subscribe', 'unsubscribe', 'bindStore', 'unbindStore'] as const

for (const channel of watched) {
  for (const method of changing) {
    Object.defineProperty(channel, method, {
      configurable: true,
      writable: true,
      value(this: Channel, ...parameters: unknown[]): unknown {
        // A channel changes its prototype with its first and its last subscriber.
        const plain = Object.getPrototypeOf(this)[method] as (...parameters: unknown[]) => unknown
        const result = plain.apply(this, parameters)
        refresh()
        return result
      },
    })
  }
}

/** Open databases. Weakly: one that nobody closed and nobody has any more is collected. */
const databases = new Set<WeakRef<DebugHost>>()
/** How to end the observation of those that are observed. */
const observed = new WeakMap<DebugHost, () => void>()

onOpened((host) => {
  const database = new WeakRef(host)
  databases.add(database)
  host.onClosed(() => databases.delete(database))
  refresh()
})

function refresh(): void {
  const wanted = watched.some(({ hasSubscribers }) => hasSubscribers)
  for (const database of databases) {
    const host = database.deref()
    if (host === undefined) {
      databases.delete(database)
      continue
    }
    const stop = observed.get(host)
    if (wanted && stop === undefined && (host.status === 'open' || host.status === 'read-only')) {
      observed.set(host, addObserver(host, publisher(host.path)))
    } else if (!wanted && stop !== undefined) {
      stop()
      observed.delete(host)
    }
  }
}

/** Publishes as tracePromise and traceSync do. */
function publisher(database: string): OperationObserver {
  /** Of asynchronous calls under way. */
  const messages = new WeakMap<OperationCall, ChannelMessage>()
  return {
    run(call, body) {
      const { name, subject, sync } = call
      const message: ChannelMessage = { operation: name, database, sync, subject }
      const { end, error: failed, start } = channels[name]
      if (!sync) messages.set(call, message)
      return start.runStores(message, () => {
        try {
          const result = body()
          if (sync) message.result = result
          return result
        } catch (error) {
          message.error = error
          failed.publish(message)
          throw error
        } finally {
          end.publish(message)
        }
      })
    },
    end(call) {
      const message = messages.get(call)
      if (message === undefined) return
      const { asyncEnd, asyncStart, error } = channels[call.name]
      if (call.failed) {
        message.error = call.error
        error.publish(message)
      } else {
        message.result = call.result
      }
      asyncStart.publish(message)
      asyncEnd.publish(message)
    },
  }
}
