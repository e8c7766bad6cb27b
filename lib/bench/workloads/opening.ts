import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fillrandom } from './fills.ts'
import { expectCount, type Workload } from './workload.ts'

/** Fills a database in another process, and kills that while it goes on writing. */
async function fillAndKill(program: string, plan: object): Promise<void> {
  const filler = fork(program)
  const exited = once(filler, 'exit')
  filler.send(plan)
  const answered = await Promise.race([once(filler, 'message'), exited])
  if (answered[0] !== 'filled') throw new Error(`the process that fills failed: ${answered[0]}`)
  filler.kill('SIGKILL')
  await exited
}

export const openings: readonly Workload[] = [
  {
    name: 'open',
    description: 'opening after a clean close',
    after: fillrandom.name,
    short: true,
    unit: 'time',
    persistent: true,
    async run(context) {
      const { directory, engine, settings, watch } = context
      await context.db.close()
      watch.start()
      context.db = await engine.open(directory, settings)
      watch.stop()
      return { ops: 1, bytes: 0 }
    },
  },
  {
    name: 'open-after-kill',
    description: 'opening what kill -9 left of a process that had written all keys and went on writing',
    consumes: true,
    killing: true,
    unit: 'time',
    persistent: true,
    able: ({ scan }) => scan !== undefined,
    async run(context) {
      const { directory, engine, filler, num, plan, settings, watch } = context
      if (filler === undefined) throw new Error('open-after-kill needs a program that fills a database')
      await context.db.close()
      const killed = `${directory}-killed`
      await fillAndKill(filler, { plan, settings, directory: killed })
      watch.start()
      context.db = await engine.open(killed, settings)
      watch.stop()
      expectCount('scanning after the kill', await context.db.scan!(false), num)
      return { ops: 1, bytes: 0 }
    },
  },
]
