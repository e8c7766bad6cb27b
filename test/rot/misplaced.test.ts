/** Files that are missing, in each other's place, from elsewhere, or too many. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeSpecimens, type Specimen } from './specimens.ts'
import { keysOf, Trial } from './trial.ts'

let specimens: Specimen[]
let strangers: Specimen[]
beforeAll(async () => {
  specimens = await makeSpecimens('a')
  strangers = await makeSpecimens('b')
})
let trial: Trial
beforeEach(() => {
  trial = new Trial()
})
afterEach(() => trial.end())

const run = (specimen: Specimen, changes: Readonly<Record<string, Buffer | undefined>>) => {
  const files = new Map(specimen.files)
  for (const [name, bytes] of Object.entries(changes)) {
    if (bytes === undefined) files.delete(name)
    else files.set(name, bytes)
  }
  return trial.run(files, keysOf(specimen))
}
const namesOf = ({ files }: Specimen, pattern: RegExp) =>
  [...files.keys()].filter((name) => pattern.test(name))

describe('a file', () => {
  it('that is missing is named', async () => {
    for (const specimen of specimens) {
      for (const name of specimen.files.keys()) {
        const outcome = await run(specimen, { [name]: undefined })
        expect(outcome.kind, `${specimen.name} without ${name}`).toBe('refused')
        if (outcome.kind === 'refused') expect(outcome.error.context.file).toMatch(new RegExp(`${name}$`))
      }
    }
  })

  it('in the place of another one is damage', async () => {
    for (const specimen of specimens) {
      for (const pattern of [/\.sst$/, /\.wal$/]) {
        const names = namesOf(specimen, pattern)
        for (const [i, first] of names.entries()) {
          for (const second of names.slice(i + 1)) {
            const [a, b] = [specimen.files.get(first)!, specimen.files.get(second)!]
            if (a.every((byte) => byte === 0) && b.every((byte) => byte === 0)) continue
            const outcome = await run(specimen, { [first]: b, [second]: a })
            const what = `${specimen.name}, ${first} and ${second} swapped`
            // An empty log in front may be what a power cut left: what is behind it is kept apart then.
            if (
              outcome.kind === 'read' &&
              !specimen.closed &&
              a.every((byte) => byte === 0) !== b.every((byte) => byte === 0)
            ) {
              expect(outcome.recovery.filesMoved, what).toContain(second)
            } else {
              expect(outcome.kind, what).not.toBe('read')
            }
          }
        }
      }
    }
  })

  it('of another database is damage', async () => {
    for (const specimen of specimens) {
      const stranger = strangers.find(({ name }) => name === specimen.name)!
      for (const pattern of [/^MANIFEST/, /\.sst$/, /\.wal$/]) {
        const others = namesOf(stranger, pattern)
        for (const [i, name] of namesOf(specimen, pattern).entries()) {
          const bytes = stranger.files.get(others[i]!)!
          if (bytes.every((byte) => byte === 0)) continue
          const outcome = await run(specimen, { [name]: bytes })
          expect(outcome.kind, `${specimen.name} with a strange ${name}`).not.toBe('read')
        }
      }
    }
  })

  it('too many changes no answer', async () => {
    for (const specimen of specimens) {
      const [table, wal, manifest] = [/\.sst$/, /\.wal$/, /^MANIFEST/].map(
        (pattern) => specimen.files.get(namesOf(specimen, pattern)[0]!)!,
      )
      for (const extra of [
        { '000003.sst': table },
        { '999999.sst': table },
        { '999999.sst': Buffer.from('no table') },
        { '000002.wal': wal },
        { '999999.wal': Buffer.alloc(4096) },
        { '999999.wal': Buffer.from('no log') },
        { 'MANIFEST-999999': manifest },
        { 'MANIFEST-000003': Buffer.alloc(0) },
        { '000003.tmp': Buffer.from('MANIFEST-000003\n') },
        { 'notes.txt': Buffer.from('mine'), '42.sst': table, '000042.SST': table },
      ]) {
        const outcome = await run(specimen, extra)
        const what = `${specimen.name} with ${Object.keys(extra).join()}`
        expect(outcome.kind, what).toBe('read')
        if (outcome.kind === 'read') expect(outcome.contents, what).toEqual(specimen.history.at(-1))
      }
    }
  })
})
