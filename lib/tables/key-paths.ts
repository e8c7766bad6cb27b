import { checkKeyPaths } from './expression/condition.ts'
import type { Projection } from './expression/projection.ts'
import type { BoundPath } from './expression/tree.ts'
import { keyNames } from './table-schema.ts'
import type { TableState } from './table-state.ts'

/** Throws ValidationException when one of the paths leads into a key attribute of the table or of one of its indexes. */
export function checkTablePaths(table: TableState, paths: Iterable<BoundPath>): void {
  const all = [...paths]
  checkKeyPaths(all, keyNames(table.schema))
  for (const { keys } of table.indexes) checkKeyPaths(all, keyNames(keys.schema), 'IndexKey')
}

/** The same of a projection. */
export function checkProjection(table: TableState, projection: Projection): void {
  checkTablePaths(
    table,
    projection.paths.map((path) => ({ kind: 'path', path })),
  )
}
