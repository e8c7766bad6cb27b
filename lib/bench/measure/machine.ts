import { cpus, loadavg, release, totalmem } from 'node:os'

/** Where and when figures were taken: without it they mean nothing. */
export function describeMachine() {
  return {
    date: new Date().toISOString(),
    node: process.version,
    system: `${process.platform} ${release()} ${process.arch}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`,
    memoryBytes: totalmem(),
    load: loadavg().map((load) => Number(load.toFixed(2))),
  }
}
