import { readFileSync, writeFileSync } from 'node:fs'

/** Reads a fixture of test/golden: hex digits, where white space and everything from `#` to the line's end is skipped. */
export function readGoldenHex(path: string): Buffer {
  const text = readFileSync(new URL(path, import.meta.url), 'utf8')
  return Buffer.from(text.replace(/#.*$/gm, '').replace(/\s+/g, ''), 'hex')
}

/** True when golden files are to be written anew from what the code does: `BURROW_REWRITE=1`. */
export const rewriteGolden = process.env['BURROW_REWRITE'] === '1'

export function writeGoldenHex(path: string, comment: string, bytes: Uint8Array): void {
  const digits = Buffer.from(bytes).toString('hex').replace(/(.{64})/g, '$1\n')
  writeFileSync(new URL(path, import.meta.url), `# ${comment}\n${digits.trimEnd()}\n`)
}
