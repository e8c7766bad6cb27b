import type { Database, WriteOptions } from '../../lib/index.ts'

export const kept: number
export function name(t: number): string
export function write(db: Database, t: number, options: WriteOptions | undefined, sync: true): void
export function write(db: Database, t: number, options: WriteOptions | undefined, sync: false): Promise<void>
export function lastApplied(db: Database): number
