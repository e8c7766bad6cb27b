import { isUtf8 } from 'node:buffer'
import { type Command, Option } from 'commander'
import { printable } from '../util/printable.ts'
import { redacted } from '../util/redacted.ts'
import { UsageError } from './failure.ts'

/** How keys and values are written, in arguments and in output. */
export type Notation = 'utf8' | 'hex' | 'base64'

/** How they are written in output: `redacted` shows their lengths only. */
export type ShownNotation = Notation | 'redacted'

export interface NotationOptions {
  readonly hex?: boolean
  readonly base64?: boolean
  readonly redact?: boolean
}

export function addNotation(command: Command, subject = 'keys and values are'): Command {
  return command
    .addOption(new Option('--hex', `${subject} hexadecimal`).conflicts('base64'))
    .addOption(new Option('--base64', `${subject} base64`))
}

export function notationOf({ base64, hex }: NotationOptions): Notation {
  return hex ? 'hex' : base64 ? 'base64' : 'utf8'
}

/** Of output only: keys in arguments are what they are. */
export function addRedact(command: Command): Command {
  return command.option('--redact', 'show no keys and values, only how long they are')
}

export function outputNotation(options: NotationOptions): ShownNotation {
  return options.redact ? 'redacted' : notationOf(options)
}

/** The bytes that an argument means. Throws UsageError. */
export function parseBytes(text: string, notation: Notation, what: string): Buffer {
  if (notation === 'hex' && !/^(?:[0-9a-fA-F]{2})*$/.test(text)) {
    throw new UsageError(`${what}: '${text}' is not hexadecimal: two digits for each byte`)
  }
  if (notation === 'base64' && !/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) {
    throw new UsageError(`${what}: '${text}' is not base64`)
  }
  return Buffer.from(text, notation)
}

/** Bytes as text on one line, without tabs, that cannot be mistaken for other bytes. */
export function showBytes(bytes: Uint8Array, notation: ShownNotation): string {
  if (notation === 'redacted') return redacted(bytes)
  const buffer = asBuffer(bytes)
  return notation === 'utf8' ? printable(buffer) : buffer.toString(notation)
}

/** Bytes in JSON: a string in the notation; bytes that are not UTF-8, where that is it, as `{"base64": "…"}`. */
export function jsonBytes(bytes: Uint8Array, notation: ShownNotation): string | { base64: string } {
  if (notation === 'redacted') return redacted(bytes)
  const buffer = asBuffer(bytes)
  if (notation !== 'utf8') return buffer.toString(notation)
  return isUtf8(buffer) ? buffer.toString('utf8') : { base64: buffer.toString('base64') }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
