/** The public API of `burrowdb`. */
import './debug/attach.ts'

export type { BackupRetention, BackupSchedule } from './base/backup-schedule.ts'
export type { Encoding } from './base/encodings.ts'
export { BurrowError, type ErrorCode, type ErrorContext, errorCodes, isBurrowError } from './base/errors.ts'
export type { AnyEventListener, EventListener, EventMap, EventName, SkippedRange } from './base/events.ts'
export {
  describeHealthOptions,
  type HealthOptions,
  type ResolvedHealthOptions,
} from './base/health-options.ts'
export type { Logger } from './base/logger.ts'
export { type BackupStats, type DatabaseStats, formatStats } from './base/metrics.ts'
export {
  type Codec,
  type CompactionStyle,
  type DatabaseOptions,
  describeOptions,
  type OptionDescription,
  type RecoveryMode,
  type ResolvedOptions,
} from './base/options.ts'
export { type PresetName, presets } from './base/presets.ts'
export type { Debugger } from './debug/debugger.ts'
export type {
  BackupInfo,
  BackupProblem,
  BackupVerification,
  VerifyBackupsOptions,
} from './kv/backup-inspect.ts'
export type { BackupOptions, BackupProgress, BackupReport } from './kv/backup-options.ts'
export type { CheckpointOptions, CheckpointReport } from './kv/checkpoint.ts'
export { Database, type DatabaseStatus } from './kv/database.ts'
export type { VerifyProblem } from './kv/directory-outline.ts'
export { type ExportOptions, type ExportProgress, exportJsonLines } from './kv/export.ts'
export type { Health } from './kv/health.ts'
export type { HealthIssue } from './kv/health-rules.ts'
export {
  type ImportOptions,
  type ImportProgress,
  importJsonLines,
  type JsonLinesSource,
} from './kv/import.ts'
export type { Bytes } from './kv/keys-and-values.ts'
export type { CompactOptions, CompactProgress } from './kv/maintenance.ts'
export type { KeyRangeOptions } from './kv/range.ts'
export { RangeIterator } from './kv/range-iterator.ts'
export type { ReadOptions } from './kv/reads.ts'
export type { RecoveryReport } from './kv/recover.ts'
export type { RepairOptions } from './kv/repair.ts'
export type { DamagedFile, RepairProgress, RepairReport } from './kv/repair-report.ts'
export type { RestoreOptions, RestoreReport } from './kv/restore.ts'
export type { ScanOptions } from './kv/scan.ts'
export { Snapshot } from './kv/snapshot.ts'
export type { LevelFile } from './kv/statistics.ts'
export type { VerifyOptions, VerifyProgress, VerifyReport } from './kv/verify.ts'
export { type BatchOperation, WriteBatch } from './kv/write-batch.ts'
export type { WriteOptions } from './kv/writes.ts'
