import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { findAnnouncement } from '../../lib/debug/announcement.ts'
import { readSample } from '../../lib/debug/sample.ts'
import { Database } from '../../lib/index.ts'
import { TemporaryFolder } from '../cli/burrow.ts'
import { filesSample, liveSample } from '../cli/top-samples.ts'

/** Status and body; `fetch` does not let one choose the Host header. */
async function ask(url: string, method = 'GET', host?: string): Promise<[number, string]> {
  return await new Promise((done, failed) => {
    const headers = host === undefined ? {} : { host }
    request(url, { method, headers }, async (response) => done([response.statusCode!, await text(response)]))
      .once('error', failed)
      .end()
  })
}

it('a database is served until it closes, and can be found by its path', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  const db = await Database.open(path)
  db.putSync('secret-key', 'secret-value')
  await db.flush()
  const { url } = await db.debug.serve()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  expect(findAnnouncement(path)).toMatchObject({ url, pid: process.pid })

  const [status, body] = await ask(url)
  expect(status).toBe(200)
  expect(body).not.toContain('secret')
  const sample = readSample(JSON.parse(body))
  expect(sample).toMatchObject({ source: 'live', pid: process.pid, path, status: 'open' })
  expect(sample).toMatchObject({ stats: { ops: { put: { count: 1 } } }, health: { status: 'healthy' } })

  await db.close()
  expect(findAnnouncement(path)).toBeUndefined()
  await expect(ask(url)).rejects.toThrow('ECONNREFUSED')
})

it('answers nothing else', async () => {
  const db = await Database.open(':memory:')
  const { close, url } = await db.debug.serve({ host: '127.0.0.1' })
  expect((await ask(`${url}stats`))[0]).toBe(404)
  expect((await ask(url, 'POST'))[0]).toBe(405)
  expect(await ask(url, 'HEAD')).toEqual([200, ''])
  expect((await ask(url, 'GET', 'localhost:80'))[0]).toBe(200)
  // A page in a browser, by a name of its own that leads here.
  expect((await ask(url, 'GET', 'evil.example'))[0]).toBe(403)
  await close()
  await close()
  await db.close()
})

it('a bad option, a port in use and a closed database are errors', async () => {
  const db = await Database.open(':memory:')
  await expect(db.debug.serve({ port: 70_000 })).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
  await expect(db.debug.serve({ prot: 1 } as object)).rejects.toMatchObject({
    code: 'BURROW_INVALID_ARGUMENT',
  })
  await expect(db.debug.serve({ host: '' })).rejects.toMatchObject({ code: 'BURROW_INVALID_ARGUMENT' })
  const { url } = await db.debug.serve()
  await expect(db.debug.serve({ port: Number(new URL(url).port) })).rejects.toMatchObject({
    code: 'BURROW_IO',
  })
  await db.close()
  await expect(db.debug.serve()).rejects.toMatchObject({ code: 'BURROW_CLOSED' })
})

it('what a process left that was killed is passed over', async () => {
  using folder = new TemporaryFolder()
  const path = folder.join('db')
  await (await Database.open(path)).close()
  expect(findAnnouncement(path)).toBeUndefined()
  expect(findAnnouncement(folder.join('nothing'))).toBeUndefined()
})

it('a sample from elsewhere is looked through', () => {
  expect(readSample(liveSample(1))).toEqual(liveSample(1))
  expect(readSample(filesSample(1))).toEqual(filesSample(1))
  const problem = (value: unknown) => (readSample(value) as { problem: string }).problem
  expect(problem(null)).toBe('the sample is no object')
  expect(problem({ ...liveSample(1), at: 'now' })).toBe('the sample.at is no number')
  expect(problem({ ...liveSample(1), format: 2, version: '9.0.0' })).toContain('format 2, of burrowdb 9.0.0')
  expect(problem({ ...liveSample(1), source: 'sky' })).toBe('the source of the sample is not known')
  const { ops } = liveSample(1).stats
  expect(problem(liveSample(1, { ops: { ...ops, get: undefined as never } }))).toBe(
    'the sample.stats.ops.get is no object',
  )
  expect(problem(liveSample(1, { levels: [{ level: 0 }] as never }))).toContain('the sample.stats.levels[0].')
  expect(problem({ ...filesSample(1), files: [] })).toBe('the sample.files is no object')
})
