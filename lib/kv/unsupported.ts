import { BurrowError } from '../base/errors.ts'

/** Parts of the interface that are not built yet: each answers BURROW_UNSUPPORTED and says what to use instead. */
const instance: Readonly<Record<string, string>> = {
  transaction: 'use a write batch, which is atomic',
}
const statics: Readonly<Record<string, string>> = {
  repair: 'restore a copy of the directory',
}

export function unsupported(feature: string, instead: string): BurrowError {
  return new BurrowError('BURROW_UNSUPPORTED', `${feature} is not built yet; ${instead}`, {
    context: { feature },
  })
}

/** Gives a database class the methods that it does not have yet. */
export function defineUnsupported(database: { readonly prototype: object }): void {
  const define = (target: object, owner: string, table: Readonly<Record<string, string>>) => {
    for (const [name, instead] of Object.entries(table)) {
      const value = () => Promise.reject(unsupported(`${owner}.${name}()`, instead))
      Object.defineProperty(target, name, { value, configurable: true, writable: true })
    }
  }
  define(database.prototype, 'db', instance)
  define(database, 'Database', statics)
  Object.defineProperty(database.prototype, 'debug', {
    configurable: true,
    get: () => {
      throw unsupported('db.debug', 'use db.stats(), db.levels() and db.health()')
    },
  })
}
