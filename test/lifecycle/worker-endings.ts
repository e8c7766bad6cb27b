import { clean, runProgram, workerStarter } from './programs.ts'

/** What a worker is doing when it is terminated: source that never ends by itself. */
export const busyWith: Readonly<Record<string, string>> = {
  'synchronous reads': `
    ready()
    for (let i = 0; ; i = (i + 1) % 3000) db.getSync('k' + i)`,
  'asynchronous reads': `
    ready()
    for (let i = 0; ; i++) await Promise.all(Array.from({ length: 50 }, (_, j) => db.get('k' + ((i * 50 + j) % 3000))))`,
  'synchronous writes': `
    ready()
    for (let i = 0; ; i++) db.putSync('w' + (i % 5000), 'v'.repeat(100), { sync: i % 100 === 0 })`,
  'asynchronous writes': `
    ready()
    for (let i = 0; ; i++) {
      const puts = Array.from({ length: 30 }, (_, j) => db.put('w' + (i * 30 + j) % 5000, 'v'.repeat(100)))
      if (i % 10 === 0) await Promise.all(puts)
      else puts.forEach((put) => put.catch(() => {}))
    }`,
  'synchronous scans': `
    ready()
    for (;;) for (const entry of db.entries({ reverse: true })) if (entry.length === 0) break`,
  'asynchronous scans': `
    ready()
    for (;;) await Promise.all([db.entries().all(), db.keys({ reverse: true }).next(500), db.values().all()])`,
  'flushes and compactions': `
    ready()
    for (let i = 0; ; i++) {
      db.putSync('w' + i, 'v'.repeat(500), { sync: false })
      if (i % 50 === 0) { await db.flush(); db.compact().catch(() => {}) }
    }`,
  'large batches': `
    ready()
    for (let i = 0; ; i++) {
      const batch = db.writeBatch()
      for (let j = 0; j < 2000; j++) batch.put('w' + j, i + 'v'.repeat(50))
      if (i % 2 === 0) batch.commitSync({ sync: false })
      else await batch.commit()
    }`,
  'opening and closing': `
    await db.close()
    ready()
    for (;;) await (await Database.open(path, { memtableSize: 65536 })).close()`,
  closing: `
    for (let i = 0; i < 3000; i++) db.put('w' + i, 'v'.repeat(300)).catch(() => {})
    db.compact().catch(() => {})
    ready()
    db.close()
    for (;;) await new Promise((done) => setTimeout(done, 1))`,
}

/**
 * Terminates workers in the middle of that, after different times, and opens their database in the main thread: all
 * 3000 keys of before are there, and the lock is free at once.
 */
export async function terminateWorkers(path: string, doing: string, rounds: number): Promise<void> {
  const ending = await runProgram(
    path,
    `${workerStarter()}
    const options = { memtableSize: 65536, targetFileSize: 65536, blockCacheSize: 65536 }
    const first = await Database.open(path, options)
    for (let i = 0; i < 3000; i++) first.putSync('k' + i, 'v'.repeat(100), { sync: false })
    await first.close()
    for (let round = 0; round < ${rounds}; round++) {
      const worker = startWorker(\`
        const db = await Database.open(path, \${JSON.stringify(options)})
        \${${JSON.stringify(busyWith[doing])}}\`)
      await once(worker, 'message')
      await sleep((round * 7) % 40)
      const code = await worker.terminate()
      if (code !== 1) console.log('the worker ended with', code)
      const db = await Database.open(path, options)
      const found = await db.keys({ gte: 'k', lt: 'l' }).all()
      if (found.length !== 3000) console.log(found.length, 'keys in round', round)
      await db.close()
    }
    console.log('done')`,
  )
  const expected = clean('done\n')
  if (JSON.stringify(ending) !== JSON.stringify(expected)) {
    throw new Error(`terminated during ${doing}: ${JSON.stringify(ending)}`)
  }
}
