import type { AttributeType } from '../value.ts'

/** The types that IS knows, by PartiQL's names and by DynamoDB's. */
export const typeNames: ReadonlyMap<string, AttributeType> = new Map([
  ['NULL', 'NULL'],
  ['BOOL', 'BOOL'],
  ['BOOLEAN', 'BOOL'],
  ['BLOB', 'B'],
  ['STRING', 'S'],
  ['NUMERIC', 'N'],
  ['STRUCT', 'M'],
  ['TUPLE', 'M'],
  ['LIST', 'L'],
])
