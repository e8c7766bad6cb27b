import { cpus, totalmem } from 'node:os'

/** What must be the same for speeds to be compared: processor, cores, memory in GiB, system, and major version of Node. */
export function machineKind(): string {
  const model =
    cpus()[0]
      ?.model.replaceAll(/[^\w@.]+/g, ' ')
      .trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  const node = process.versions.node.split('.')[0]
  return `${cpus().length} x ${model} | ${memory} GiB | ${process.platform} ${process.arch} | node ${node}`
}
