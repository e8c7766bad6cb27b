import { malformed, refused } from './failures.ts'
import { spanOf } from './place.ts'
import type { Path, PathSteps } from './syntax.ts'
import type { TokenReader } from './token-reader.ts'

const maxIndex = 0x7fffffff

/** `name`, `"a b".c[0]`, `m['key']`. */
export function readPath(reader: TokenReader): Path {
  const first = reader.name('an attribute name')
  const steps: [string, ...(string | number)[]] = [first.text]
  for (;;) {
    if (reader.takesSign('.')) steps.push(dotStep(reader))
    else if (reader.takesSign('[')) steps.push(bracketStep(reader))
    else break
  }
  return { kind: 'path', steps, at: spanOf(first.at, reader.lastPlace) }
}

/** After a dot any word is a name, also a keyword. */
function dotStep(reader: TokenReader): string {
  const token = reader.peek()
  if (token.kind === 'word') return reader.take().text
  if (token.kind === 'quoted') return reader.name('a name').text
  if (reader.seesSign('*')) throw refused('Unpivot path component like a.*.b are not supported', token.at)
  throw malformed('Invalid path dot component', token.at)
}

function bracketStep(reader: TokenReader): string | number {
  const token = reader.peek()
  if (reader.seesSign('*')) {
    throw refused('Wildcard path component like a[*].b are not supported', token.at)
  }
  if (token.kind === 'string') {
    if (token.text === '') throw refused('Path component cannot be an empty string', token.at)
    reader.take()
    reader.expectSign(']')
    return token.text
  }
  const negative = reader.takesSign('-')
  const digits = reader.peek()
  if (digits.kind !== 'number') throw reader.unexpected('Expected a list index')
  reader.take()
  const index = negative ? -Number(digits.text) : Number(digits.text)
  if (!/^\d+$/.test(digits.text) || index < 0 || index > maxIndex) {
    const shown = `${negative ? '-' : ''}${digits.text}`
    throw refused(`List index is not within the allowable range; index: [${shown}]`, digits.at)
  }
  reader.expectSign(']')
  return index + 0
}

/** As it would be written in a statement; names that need quotes have them. */
export function pathText(steps: PathSteps): string {
  let text = ''
  for (const step of steps) {
    if (typeof step === 'number') text += `[${step}]`
    else text += `${text === '' ? '' : '.'}${nameText(step)}`
  }
  return text
}

function nameText(name: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`
}
