/** Gives databases their `debug`, and what watches all of them: lib/kv knows nothing of it. */
import { Database } from '../kv/database.ts'
import { debugHost } from '../kv/debug-host.ts'
import { onOpened, onOpening } from '../kv/opened.ts'
import './channels.ts'
import { Debugger } from './debugger.ts'
import { keep } from './kept.ts'
import { logClosing, logEvents } from './log-events.ts'
import { logOperations } from './log-operations.ts'

declare module '../kv/database.ts' {
  interface Database<K, V> {
    /** Looks into the database: dumps, explanations, traces. Made when it is first asked for. */
    readonly debug: Debugger
  }
}

const debuggers = new WeakMap<object, Debugger>()

Object.defineProperty(Database.prototype, 'debug', {
  configurable: true,
  get(this: Database) {
    let found = debuggers.get(this)
    if (found === undefined) {
      found = new Debugger(this[debugHost])
      debuggers.set(this, found)
    }
    return found
  },
})

onOpening(({ events, log, path }) => logEvents(events, log, path))

onOpened((host) => {
  keep(host)
  logOperations(host)
  logClosing(host)
})
