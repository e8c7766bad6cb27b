import { checkNames, readCount } from '../../base/call-options.ts'
import { describeValue } from '../../util/describe-value.ts'
import { validation } from '../errors.ts'

/** What a stream keeps of an item besides its key. In the order of their numbers in records; entries may be appended. */
export const viewTypes = ['KEYS_ONLY', 'NEW_IMAGE', 'OLD_IMAGE', 'NEW_AND_OLD_IMAGES'] as const

/** What change records show of an item: its key alone, or the item as it is now, or as it was, or both. */
export type StreamViewType = (typeof viewTypes)[number]

/** The option `stream` of a table. */
export interface StreamOptions {
  /** Default 'NEW_AND_OLD_IMAGES'. */
  readonly viewType?: StreamViewType | undefined
  /** How long records are kept. Default 24 hours. */
  readonly retentionMs?: number | undefined
  /** At most so many records are kept, the newest. Default: no limit. */
  readonly maxRecords?: number | undefined
}

/** The option `stream` with what was left out filled in: what the catalog keeps. */
export interface StreamSettings {
  readonly viewType: StreamViewType
  readonly retentionMs: number
  readonly maxRecords?: number
}

export const defaultRetentionMs = 24 * 60 * 60 * 1000

const optionNames = new Set(['viewType', 'retentionMs', 'maxRecords'])

/** The option `stream`: true for all defaults; undefined or false: the table has no stream. */
export function readStreamOptions(given: unknown, call: string): StreamSettings | undefined {
  if (given === undefined || given === false) return undefined
  if (given === true) return { viewType: 'NEW_AND_OLD_IMAGES', retentionMs: defaultRetentionMs }
  checkNames(given, optionNames, `${call}: stream`)
  const { maxRecords, retentionMs, viewType = 'NEW_AND_OLD_IMAGES' } = given as StreamOptions
  if (!viewTypes.includes(viewType)) {
    throw validation(
      `1 validation error detected: Value '${typeof viewType === 'string' ? viewType : describeValue(viewType)}' at 'streamSpecification.streamViewType' failed to satisfy constraint: Member must satisfy enum value set: [${viewTypes.join(', ')}]`,
    )
  }
  const most = readCount('maxRecords', maxRecords, `${call}: stream`)
  const retention = readCount('retentionMs', retentionMs, `${call}: stream`) ?? defaultRetentionMs
  return { viewType, retentionMs: retention, ...(most === undefined ? {} : { maxRecords: most }) }
}

export function showsOld(viewType: StreamViewType): boolean {
  return viewType === 'OLD_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES'
}

export function showsNew(viewType: StreamViewType): boolean {
  return viewType === 'NEW_IMAGE' || viewType === 'NEW_AND_OLD_IMAGES'
}
