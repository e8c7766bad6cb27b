import { copyFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../lib/index.ts'
import { verifyDirectory } from '../../lib/kv/verify.ts'
import { native } from '../../lib/native.ts'
import { TemporaryFolder } from '../cli/burrow.ts'

/**
 * Changes every `step`-th byte of every file of a small database that was closed, whose last log holds records, and
 * verifies. The places where that is neither damage nor a torn tail in the report.
 */
export async function verifyRottenBytes(step: number): Promise<{ cases: number; unseen: string[] }> {
  using folder = new TemporaryFolder()
  const env = native.faultEnv(native.posixEnv())
  const db = await Database.open(folder.join('live'), { env })
  for (let i = 0; i < 30; i++) db.putSync(`k${i}`, `value ${i}`)
  db.deleteRangeSync({ gte: 'k1', lt: 'k2' })
  await db.flush()
  env.addRule!({ operations: ['create'], pathContains: '.sst', effect: 'error', repeat: true })
  for (let i = 0; i < 10; i++) db.putSync(`late ${i}`, 'log')
  await db.close()
  const path = folder.join('db')
  cpSync(db.path, path, { recursive: true })
  const unseen: string[] = []
  let cases = 0
  for (const name of readdirSync(path).filter((file) => file !== 'LOCK')) {
    const file = join(path, name)
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at += step) {
      const rotten = Buffer.from(bytes)
      rotten[at]! ^= 1 << (at % 8)
      writeFileSync(file, rotten)
      const { notes, ok } = await verifyDirectory(path)
      cases++
      if (ok && !notes.some((note) => note.includes('torn tail'))) unseen.push(`${name} at ${at}`)
    }
    copyFileSync(join(db.path, name), file)
  }
  return { cases, unseen }
}
