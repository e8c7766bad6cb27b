import { parsePath } from './operand-parser.ts'
import type { Source } from './source.ts'
import { TokenReader } from './token-reader.ts'
import type { WrittenPath } from './tree.ts'

/** `a, b.c[0]`: the paths in the order they are written. Throws ValidationException for what is no projection. */
export function parseProjection(source: Source): WrittenPath[] {
  const reader = new TokenReader(source, [])
  const paths = reader.list(() => parsePath(reader))
  reader.finish()
  return paths
}
