/**
 * The process that is killed: node crash-writer.js <directory>. Writes durable batches without end, many in flight, and
 * reports the number of each on standard output once it is acknowledged.
 */
import { writeSync } from 'node:fs'
import { batchKeys } from './crash-keys.ts'
import { openCities } from './database.ts'

const writersInFlight = 32

const db = await openCities(process.argv[2] ?? '')
let next = 0

async function writer(): Promise<never> {
  for (;;) {
    const number = next++
    const batch = db.writeBatch()
    for (const key of batchKeys(number)) batch.put(key, { number })
    await batch.commit({ sync: true })
    // Not through a stream: what is acknowledged must be in the pipe, whatever happens to this process next.
    writeSync(1, `${number}\n`)
  }
}

await Promise.all(Array.from({ length: writersInFlight }, writer))
