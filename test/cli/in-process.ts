import { run } from '../../lib/cli/program.ts'

export interface OutcomeHere {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command in this process, one at a time: for tests of many command lines that read no standard input. */
export async function burrowHere(args: readonly string[]): Promise<OutcomeHere> {
  const shown = { stdout: '', stderr: '' }
  const restores = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name]
    const { write } = stream
    stream.write = (data: string | Uint8Array, ...rest: unknown[]) => {
      shown[name] += Buffer.from(data as string).toString('utf8')
      const done = rest.at(-1)
      if (typeof done === 'function') done()
      return true
    }
    return () => {
      stream.write = write
    }
  })
  const { exitCode } = process
  process.exitCode = undefined
  try {
    return { code: await run(['node', 'burrow', ...args]), ...shown }
  } finally {
    for (const restore of restores) restore()
    process.exitCode = exitCode
  }
}

/** The one JSON document that a command prints. */
export async function burrowJsonHere(args: readonly string[]): Promise<unknown> {
  const { code, stderr, stdout } = await burrowHere([...args, '--json'])
  if (code !== 0 || stderr !== '') throw new Error(`burrow ${args.join(' ')}: exit code ${code}: ${stderr}`)
  return JSON.parse(stdout)
}
