import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { distFile } from '../dist.ts'

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program ends that did all it should: with this output, and without a word of complaint. */
export const clean = (stdout: string): Ending => ({ code: 0, signal: null, stdout, stderr: '' })

const longestLifeMs = 90_000

/**
 * Runs a program of a user in a process of its own: an ES module in which `Database` and `path` are known. It is killed
 * when it does not end.
 */
export async function runProgram(
  path: string,
  program: string,
  flags: readonly string[] = [],
): Promise<Ending> {
  const source = `
    import { Database } from ${JSON.stringify(distFile('lib/index.js'))}
    const path = ${JSON.stringify(path)}
    ${program}`
  const args = [
    ...flags,
    '--no-warnings',
    '--unhandled-rejections=strict',
    '--input-type=module',
    '-e',
    source,
  ]
  const child = spawn(process.execPath, args)
  const killer = setTimeout(() => child.kill('SIGKILL'), longestLifeMs)
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
  ])
  clearTimeout(killer)
  return { code, signal, stdout, stderr }
}

/** Source of `startWorker(body)`: a worker with `Database`, `path` and `parentPort`, that says when it is `ready()`. */
export function workerStarter(): string {
  const library = JSON.stringify(distFile('lib/index.js'))
  return `
    import { once } from 'node:events'
    import { Worker } from 'node:worker_threads'
    function startWorker(body) {
      const source = \`(async () => {
        const { Database } = await import(${library})
        const { parentPort, workerData: path } = await import('node:worker_threads')
        const ready = (what = 'ready') => parentPort.postMessage(what)
        \${body}
      })()\`
      const worker = new Worker(source, { eval: true, workerData: path })
      worker.on('error', (error) => { console.error('a worker failed', error); process.exitCode = 1 })
      return worker
    }
    const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
  `
}
