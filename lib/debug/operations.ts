import type { OperationName } from '../kv/debug-host.ts'

const nameTable: Record<OperationName, true> = {
  get: true,
  getMany: true,
  has: true,
  put: true,
  delete: true,
  batch: true,
  deleteRange: true,
  clear: true,
  scan: true,
  next: true,
  sync: true,
  flush: true,
  compact: true,
  snapshot: true,
  checkpoint: true,
  backup: true,
  verify: true,
}

/** Every operation that is observed, by its public name. */
export const operationNames = Object.freeze(Object.keys(nameTable)) as readonly OperationName[]
