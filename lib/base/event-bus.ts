import { describeValue } from '../util/describe-value.ts'
import { invalidArgument } from './errors.ts'
import {
  type EventListener,
  type EventMap,
  type EventName,
  eventNames,
  type TimedEventListener,
} from './events.ts'
import type { Logger } from './logger.ts'

type Callback = (...args: never[]) => unknown

interface Subscription {
  /** What the user gave: the identity for `off` and for the one warning. */
  readonly listener: Callback
  readonly deliver: (name: EventName, payload: EventMap[EventName], at: number) => unknown
  active: boolean
}

export interface EventBusOptions {
  /** Where errors of listeners go. */
  logger: Logger
  /** Events that may wait; further ones are dropped and counted. Default 1024. */
  capacity?: number
}

/**
 * Carries events from the control plane to listeners.
 *
 * `emit` only queues: listeners run later, from the event loop, so they may call back into the database and cannot
 * slow or break what they listen to. The queue is bounded: while the event loop does not turn (a loop of `putSync`),
 * events beyond its capacity are dropped, the newest first, and counted. Events arrive in the order of `emit`.
 * A listener that throws, or whose promise rejects, is reported to the logger, and once as a process warning.
 */
export class EventBus {
  readonly #subscriptions = new Map<EventName | '*', Set<Subscription>>()
  readonly #capacity: number
  readonly #logger: Logger
  readonly #warned = new WeakSet<Callback>()
  #queue: { name: EventName; payload: EventMap[EventName]; at: number }[] = []
  #scheduled = false
  #dropped = 0

  constructor(options: EventBusOptions) {
    this.#logger = options.logger
    this.#capacity = options.capacity ?? 1024
  }

  /** Events lost so far because the queue was full. */
  get dropped(): number {
    return this.#dropped
  }

  /** Events that wait to be delivered. */
  get pending(): number {
    return this.#queue.length
  }

  /** True when someone listens to `name`: ask before building a costly payload. */
  wants(name: EventName): boolean {
    return this.#subscriptions.has(name) || this.#subscriptions.has('*')
  }

  /** Queues an event for those who listen now or by the time of delivery. An event nobody listens to costs nothing. */
  emit<N extends EventName>(name: N, payload: EventMap[N]): void {
    if (!this.wants(name)) return
    if (this.#queue.length >= this.#capacity) {
      this.#dropped++
      return
    }
    this.#queue.push({ name, payload, at: performance.now() })
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => this.#turn())
    }
  }

  /** Calls `listener` for every later event of this name. Returns the function that ends it. */
  on<N extends EventName>(name: N, listener: EventListener<N>): () => void {
    checkName(name)
    checkListener(listener)
    return this.#subscribe(name, listener, (_, payload) => listener(payload as EventMap[N]))
  }

  /** Like `on`, for one event. */
  once<N extends EventName>(name: N, listener: EventListener<N>): () => void {
    checkName(name)
    checkListener(listener)
    const end = this.#subscribe(name, listener, (_, payload) => {
      end()
      return listener(payload as EventMap[N])
    })
    return end
  }

  /** Calls `listener` with the name and payload of every later event, and the performance.now() of its `emit`. Returns the function that ends it. */
  onAny(listener: TimedEventListener): () => void {
    checkListener(listener)
    return this.#subscribe('*', listener, listener)
  }

  /** Ends every subscription of `listener` to `name`; nothing happens when there is none. */
  off<N extends EventName>(name: N, listener: EventListener<N>): void {
    for (const subscription of this.#subscriptions.get(name) ?? []) {
      if (subscription.listener === listener) this.#end(name, subscription)
    }
  }

  /**
   * Delivers what waits, now; events emitted meanwhile wait for the next turn. For `close`, whose caller expects to
   * have seen everything. Never call it inside the control plane.
   */
  deliver(): void {
    const batch = this.#queue
    this.#queue = []
    for (const { name, payload, at } of batch) {
      for (const subscription of this.#listeners(name)) {
        // One that was ended by a listener before it in this very turn is not called any more.
        if (subscription.active) this.#call(subscription, name, payload, at)
      }
    }
  }

  #turn(): void {
    this.#scheduled = false
    this.deliver()
  }

  #listeners(name: EventName): Subscription[] {
    return [...(this.#subscriptions.get(name) ?? []), ...(this.#subscriptions.get('*') ?? [])]
  }

  #subscribe(name: EventName | '*', listener: Callback, deliver: Subscription['deliver']): () => void {
    const subscription: Subscription = { listener, deliver, active: true }
    const existing = this.#subscriptions.get(name)
    if (existing === undefined) this.#subscriptions.set(name, new Set([subscription]))
    else existing.add(subscription)
    return () => this.#end(name, subscription)
  }

  #end(name: EventName | '*', subscription: Subscription): void {
    subscription.active = false
    const all = this.#subscriptions.get(name)
    if (all?.delete(subscription) && all.size === 0) this.#subscriptions.delete(name)
  }

  #call(subscription: Subscription, name: EventName, payload: EventMap[EventName], at: number): void {
    try {
      const result = subscription.deliver(name, payload, at)
      if (result instanceof Promise)
        result.catch((error: unknown) => this.#report(subscription.listener, name, error))
    } catch (error) {
      this.#report(subscription.listener, name, error)
    }
  }

  #report(listener: Callback, name: EventName, error: unknown): void {
    this.#logger.error(
      { event: name, err: error },
      `a listener of '${name}' threw; the database is not affected`,
    )
    if (this.#warned.has(listener)) return
    this.#warned.add(listener)
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.emitWarning(
      `a listener of '${name}' threw (said once for this listener): ${text}`,
      'BurrowListenerWarning',
    )
  }
}

function checkName(name: string): void {
  if ((eventNames as readonly string[]).includes(name)) return
  throw invalidArgument(
    `there is no event named ${describeValue(name)}; use one of ${eventNames.join(', ')}`,
    {
      value: name,
      allowed: eventNames.join(', '),
    },
  )
}

function checkListener(listener: unknown): void {
  if (typeof listener !== 'function')
    throw invalidArgument(`an event listener must be a function, got ${typeof listener}`)
}
