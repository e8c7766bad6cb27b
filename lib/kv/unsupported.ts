import { BurrowError } from '../base/errors.ts'

/** Parts of the interface that are not built yet: each answers BURROW_UNSUPPORTED and says what to use instead. */
const instance: Readonly<Record<string, string>> = {
  transaction: 'use a write batch, which is atomic',
}

function unsupported(feature: string, instead: string): BurrowError {
  return new BurrowError('BURROW_UNSUPPORTED', `${feature} is not built yet; ${instead}`, {
    context: { feature },
  })
}

/** Gives a database class the methods that it does not have yet. */
export function defineUnsupported({ prototype }: { readonly prototype: object }): void {
  for (const [name, instead] of Object.entries(instance)) {
    const value = () => Promise.reject(unsupported(`db.${name}()`, instead))
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true })
  }
}
