import { readFileSync, writeFileSync } from 'node:fs'
import { rewriteGolden } from './hex.ts'

/**
 * One case of a data-driven file:
 *
 *     # comment
 *     command name=value name=value
 *     input, any lines
 *     ----
 *     expected output, up to the next empty line
 */
export interface DataCase {
  readonly line: number
  readonly command: string
  readonly args: ReadonlyMap<string, string>
  readonly input: string
  readonly expected: string
}

interface Block extends DataCase {
  /** Everything before the expected output, as it stands in the file. */
  readonly head: string
}

export function readDataFile(path: string): DataCase[] {
  return parse(readFileSync(new URL(path, import.meta.url), 'utf8'))
}

/** With BURROW_REWRITE=1: replaces every expected output by what `run` returns. */
export function rewriteDataFile(path: string, run: (one: DataCase) => string): boolean {
  if (!rewriteGolden) return false
  const url = new URL(path, import.meta.url)
  const blocks = parse(readFileSync(url, 'utf8')).map((one) => `${one.head}----\n${run(one)}\n`)
  writeFileSync(url, blocks.join('\n'))
  return true
}

function parse(text: string): Block[] {
  const lines = text.split('\n')
  const blocks: Block[] = []
  let at = 0
  while (at < lines.length) {
    while (at < lines.length && lines[at] === '') at++
    if (at >= lines.length) break
    const begin = at
    while (lines[at]?.startsWith('#')) at++
    const commandLine = at
    const separator = lines.indexOf('----', at)
    if (separator < 0) throw new Error(`line ${at + 1}: a case without ----`)
    let end = lines.indexOf('', separator)
    if (end < 0) end = lines.length
    const [command = '', ...args] = lines[commandLine]!.split(' ')
    blocks.push({
      line: commandLine + 1,
      command,
      args: new Map(
        args.map((arg) => [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] as const),
      ),
      input: lines.slice(commandLine + 1, separator).join('\n'),
      expected: lines.slice(separator + 1, end).join('\n'),
      head: `${lines.slice(begin, separator).join('\n')}\n`,
    })
    at = end
  }
  return blocks
}
