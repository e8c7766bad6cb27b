import { fromNative } from '../base/errors.ts'
import { type DamagedLog, type LogContents, type NativeEnv, native } from '../native.ts'

const batchBytes = 256 << 10

/** How a log ends. */
export type LogEnd = Omit<LogContents, 'records'> | Omit<DamagedLog, 'records'>

/** A log, read bit by bit. */
export class LogFile {
  readonly path: string
  readonly #env: NativeEnv
  readonly #kind: 'wal' | 'manifest'
  readonly #number: number
  readonly #length: number | undefined
  #end: LogEnd | undefined

  /** `length`: what the log must be whole up to, when that is known. */
  constructor(env: NativeEnv, path: string, kind: 'wal' | 'manifest', number: number, length?: number) {
    this.#env = env
    this.path = path
    this.#kind = kind
    this.#number = number
    this.#length = length
  }

  /** undefined until its last record was read. */
  get end(): LogEnd | undefined {
    return this.#end
  }

  /** Its records, from the first, up to the end or damage, which `end` then tells. `check` may throw before each batch. */
  *records(check: () => void = () => undefined): Generator<LogContents['records'][number], void, void> {
    check()
    const log = native.openLogDump(this.#env, this.path, this.#kind, this.#number, this.#length)
    for (;;) {
      check()
      const { records, ...end } = native.nextLogRecords(log, batchBytes)
      yield* records
      if (!('fileSize' in end)) continue
      this.#end = end
      return
    }
  }

  /** What damaged it, once it was read. */
  get damage(): Error | undefined {
    return this.#end !== undefined && 'damage' in this.#end ? fromNative(this.#end.damage) : undefined
  }
}
