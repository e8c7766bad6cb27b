import { Projection } from './expression/projection.ts'
import type { Update } from './expression/update.ts'
import type { ReturnValues } from './item-options.ts'
import type { Written } from './item-write.ts'
import type { Item } from './value.ts'

const none: { readonly attributes?: Item } = Object.freeze({})

/** What a write resolves to. `update`: what it did, where that was an update with an expression. */
export function returnedValues(
  { after, before }: Written,
  asked: ReturnValues | undefined,
  update?: Update,
): { readonly attributes?: Item } {
  let attributes: Item | undefined
  switch (asked) {
    case 'ALL_OLD':
      attributes = before?.copy()
      break
    case 'ALL_NEW':
      attributes = after?.copy()
      break
    case 'UPDATED_OLD':
      attributes = touched(before?.copy(), update)
      break
    case 'UPDATED_NEW':
      attributes = touched(after?.copy(), update)
      break
    default:
      return none
  }
  return attributes === undefined ? none : { attributes }
}

function touched(item: Item | undefined, update: Update | undefined): Item | undefined {
  if (item === undefined || update === undefined) return undefined
  const attributes = new Projection(update.touched).apply(item)
  return Object.keys(attributes).length === 0 ? undefined : attributes
}
