/** node dist/bench/judge/main.js [--requests N] [--seed N] [--show N]: see docs/performance.md. */
import { parseArgs } from 'node:util'
import { installPeers } from '../peers.ts'
import { type Difference, judge } from './judge.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '5000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    show: { type: 'string', default: '1' },
  },
})
const seed = Number(values.seed)
console.log(`seed ${seed}`)
installPeers(['dynalite'])
const { byOperation, differences, refused, requests } = await judge(seed, Number(values.requests))
const outcomeText = (outcome: Difference['ours']) =>
  'error' in outcome ? `${outcome.error}: ${outcome.message}` : JSON.stringify(outcome.answer)
const classOf = ({ kind, ours, theirs, request, why }: Difference) =>
  why ??
  `UNEXPLAINED ${request.operation} ${kind}\n    them ${'error' in theirs ? outcomeText(theirs).slice(0, 230) : 'ok'}\n    us   ${'error' in ours ? outcomeText(ours).slice(0, 230) : 'ok'}`
const classes = new Map<string, Difference[]>()
for (const one of differences) {
  const list = classes.get(classOf(one))
  if (list === undefined) classes.set(classOf(one), [one])
  else list.push(one)
}
for (const [name, all] of [...classes].sort(([, a], [, b]) => a.length - b.length)) {
  console.log(`${all.length} × ${name}`)
  const shown = all[0]!.why === undefined ? Number(values.show) : 0
  for (const { ours, request, theirs } of all.slice(0, shown)) {
    console.log(`      ${JSON.stringify(request.body).slice(0, 900)}`)
    if (!('error' in theirs) && !('error' in ours))
      console.log(
        `      them ${outcomeText(theirs).slice(0, 600)}\n      us   ${outcomeText(ours).slice(0, 600)}`,
      )
  }
}
const unexplained = differences.filter(({ why }) => why === undefined).length
const counts = Object.entries(byOperation).map(([name, count]) => `${count} ${name}`)
console.log(
  `${requests} requests (${counts.join(', ')}), ${refused} refused by both; ${differences.length} differences, ${unexplained} unexplained; seed ${seed}`,
)
process.exitCode = unexplained === 0 ? 0 : 1
