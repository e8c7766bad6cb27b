import type { BackupSchedule } from '../base/backup-schedule.ts'
import { type BurrowError, isBurrowError } from '../base/errors.ts'
import type { BackupStats } from '../base/metrics.ts'
import { createBackup, type KnownChecksums } from './backup-create.ts'
import { readBackups } from './backup-layout.ts'
import { type BackupReport, type ResolvedBackupOptions, readBackupOptions } from './backup-options.ts'
import { type CheckpointReport, checkpoint, destination, readCheckpointOptions } from './checkpoint.ts'
import type { ControlPlane } from './control-plane.ts'
import type { BackupHealth } from './health-rules.ts'
import type { KeepAlive } from './keep-alive.ts'
import type { OpenedFiles, Place } from './open.ts'

/** Checkpoints and backups of one open database: those that are asked for, and those that the schedule makes. */
export class Backups {
  readonly #plane: ControlPlane
  readonly #files: OpenedFiles
  readonly #keepAlive: KeepAlive
  readonly #schedule: BackupSchedule | undefined
  readonly #known: KnownChecksums = new Map()
  readonly #running = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  readonly #openedAt = Date.now()
  readonly #stats = { count: 0, failures: 0, skipped: 0 }
  #timer: NodeJS.Timeout | undefined
  #last: { readonly id: number; readonly at: number } | undefined
  #failure: BurrowError | undefined
  #scheduledRun = false

  constructor(plane: ControlPlane, files: OpenedFiles, keepAlive: KeepAlive) {
    this.#plane = plane
    this.#files = files
    this.#keepAlive = keepAlive
    this.#schedule = files.options.backup
  }

  /** Begins the schedule: the first backup is due when the last one in the directory is old enough. */
  begin(): void {
    if (this.#schedule === undefined) return
    this.#last = this.#newest(destination(this.#files, this.#schedule.directory, 'backup'))
    const age = this.#last === undefined ? Number.POSITIVE_INFINITY : Math.max(0, Date.now() - this.#last.at)
    this.#arm(Math.max(0, this.#schedule.everyMs - age))
  }

  checkpoint(directory: unknown, options: unknown): Promise<CheckpointReport> {
    const { signal } = readCheckpointOptions(options)
    const target = destination(this.#files, directory, 'checkpoint')
    return this.#run(checkpoint(this.#plane, this.#files.place, target, { signal: this.#until(signal) }))
  }

  backup(directory: unknown, options: unknown): Promise<BackupReport> {
    return this.#backup(destination(this.#files, directory, 'backup'), readBackupOptions(options))
  }

  /** Gives up what is running, and waits for it; nothing is left of it. */
  async stop(closed: BurrowError): Promise<void> {
    clearTimeout(this.#timer)
    this.#closing.abort(closed)
    await Promise.allSettled(this.#running)
  }

  get stats(): BackupStats {
    const { code, message } = this.#failure ?? {}
    return {
      ...this.#stats,
      running: this.#running.size,
      lastId: this.#last?.id ?? null,
      lastAt: this.#last?.at ?? null,
      lastError: code === undefined ? null : `${code} ${message}`,
    }
  }

  /** Null without a schedule. */
  get health(): BackupHealth | null {
    if (this.#schedule === undefined) return null
    const ageMs = Math.max(0, Date.now() - (this.#last?.at ?? this.#openedAt))
    return { everyMs: this.#schedule.everyMs, ageMs, failure: this.#failure ?? null }
  }

  async #backup(target: Place, options: ResolvedBackupOptions): Promise<BackupReport> {
    const source = { plane: this.#plane, place: this.#files.place, known: this.#known }
    try {
      const signal = this.#until(options.signal)
      const report = await this.#run(createBackup(source, target, { ...options, signal }))
      this.#stats.count++
      this.#last = { id: report.id, at: Date.now() }
      this.#failure = undefined
      return report
    } catch (error) {
      // What the caller or close ended is no failure.
      if (isBurrowError(error) && error.code !== 'BURROW_ABORTED' && error.code !== 'BURROW_CLOSED') {
        this.#stats.failures++
        this.#failure = error
      }
      throw error
    }
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work)
    this.#keepAlive.hold()
    try {
      return await work
    } finally {
      this.#running.delete(work)
      this.#keepAlive.release()
    }
  }

  #until(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#closing.signal : AbortSignal.any([signal, this.#closing.signal])
  }

  #arm(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#arm(this.#schedule!.everyMs)
      if (this.#scheduledRun) this.#stats.skipped++
      else void this.#runScheduled()
    }, delay).unref()
  }

  async #runScheduled(): Promise<void> {
    const { bytesPerSecond = 0, directory, keep = {} } = this.#schedule!
    this.#scheduledRun = true
    try {
      const target = destination(this.#files, directory, 'backup')
      await this.#backup(target, {
        verify: true,
        keep,
        bytesPerSecond,
        signal: undefined,
        onProgress: undefined,
      })
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#plane.report('backup', error as BurrowError)
    } finally {
      this.#scheduledRun = false
    }
  }

  /** The newest whole backup in the directory; none when it cannot be read: the backup itself will say why. */
  #newest(place: Place): { readonly id: number; readonly at: number } | undefined {
    try {
      const stored = readBackups(place).backups.findLast((backup) => backup.stored !== undefined)?.stored
      return stored === undefined ? undefined : { id: stored.id, at: stored.createdAt }
    } catch {
      return undefined
    }
  }
}
