import { decode, encodeKey } from '../base/encodings.ts'
import { readEncodings, readFlag, readOptions } from '../kv/call-options.ts'
import type { DebugHost } from '../kv/debug-host.ts'
import type { ReadOptions } from '../kv/reads.ts'
import { redacted } from '../util/redacted.ts'
import { checkOpen, type Place, placeOf, sequenceOf } from './call.ts'

export interface ExplainGetOptions extends ReadOptions {
  /** Give the value as `<12 bytes>`. Default false. */
  readonly redact?: boolean | undefined
}

/**
 * `hit`: the value. `tombstone`: the key is deleted as of here: by a deletion of its own, by a range deletion, below which
 * the search goes on, or because what was found is older than a range deletion that was met on the way. `not-in-memtable`, `not-in-block`: nothing about the
 * key; of a table that has a filter, the filter let it through in vain. `bloom-skip`: the filter ruled the table out.
 * `range-skip`: the key is outside of the bounds of the table (L0), or of every table of the level.
 */
export type GetOutcome =
  | 'hit'
  | 'tombstone'
  | 'not-in-memtable'
  | 'not-in-block'
  | 'bloom-skip'
  | 'range-skip'

/** One place that a read looks at. */
export interface GetStep extends Place {
  readonly outcome: GetOutcome
  /** Of the newest version there that the read may see: the value or the deletion. null: there is none. */
  readonly sequence: number | null
  /** Of the newest range deletion there that covers the key; null: none does. */
  readonly rangeTombstone: number | null
  /** A filter was asked. */
  readonly filtered: boolean
  /** The table file was not open and had to be opened. */
  readonly opened: boolean
  /**
   * Where the block that was searched came from; `disk` also when a part of the filter or index was read. null: none was
   * needed.
   */
  readonly blockRead: 'cache' | 'disk' | null
  readonly microseconds: number
}

export interface GetExplanation {
  /** What `get` answers at this moment. */
  readonly found: boolean
  readonly value?: unknown
  /** Of the value. */
  readonly sequence?: number
  /** In the order in which a read looks. */
  readonly steps: readonly GetStep[]
}

const names = new Set(['keyEncoding', 'valueEncoding', 'snapshot', 'redact'] as const)

/** See Debugger.explainGet. */
export function explainGet(host: DebugHost, key: unknown, options?: ExplainGetOptions): GetExplanation {
  const call = 'explainGet'
  checkOpen(host)
  const fields = readOptions(options, names, call)
  const { keyEncoding, valueEncoding } = host.options
  const encodings = readEncodings(fields, { key: keyEncoding, value: valueEncoding })
  const redact = readFlag('redact', fields.redact, call) ?? false
  const { found, sequence, steps, value } = host.engine.explainGet(
    encodeKey(key, encodings.key),
    sequenceOf(host, fields.snapshot, call),
  )
  return {
    found,
    ...(value === undefined ? {} : { value: redact ? redacted(value) : decode(value, encodings.value) }),
    ...(sequence === undefined ? {} : { sequence }),
    steps: steps.map((step) => ({
      ...placeOf(step),
      outcome: step.outcome,
      sequence: step.sequence ?? null,
      rangeTombstone: step.rangeTombstone ?? null,
      filtered: step.filtered ?? false,
      opened: step.opened ?? false,
      blockRead: step.blockRead,
      microseconds: step.microseconds,
    })),
  }
}
