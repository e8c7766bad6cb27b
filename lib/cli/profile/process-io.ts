import { readFileSync } from 'node:fs'

/** What the kernel counted for a process: /proc/PID/io. */
export interface ProcessIo {
  /** Bytes and calls of read(2), write(2) and their relatives, the page cache included. */
  readonly readBytes: number
  readonly readCalls: number
  readonly writtenBytes: number
  readonly writeCalls: number
  /** Bytes that came from the disk, and that go there. */
  readonly diskReadBytes: number
  readonly diskWrittenBytes: number
}

/** Null where the system does not say: Linux only, and for one's own processes. */
export function readProcessIo(pid: number | 'self'): ProcessIo | null {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/io`, 'latin1')
  } catch {
    return null
  }
  const value = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return {
    readBytes: value('rchar'),
    readCalls: value('syscr'),
    writtenBytes: value('wchar'),
    writeCalls: value('syscw'),
    diskReadBytes: value('read_bytes'),
    diskWrittenBytes: value('write_bytes'),
  }
}

export function ioBetween(before: ProcessIo | null, after: ProcessIo | null): ProcessIo | null {
  if (before === null || after === null) return null
  const names = Object.keys(after) as (keyof ProcessIo)[]
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as ProcessIo
}
