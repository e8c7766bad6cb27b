import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../../lib/index.ts'
import { native } from '../../lib/native.ts'

let path: string
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'burrow-newer-'))
  const db = await Database.open(path, { compression: 'none' })
  for (let i = 0; i < 10; i++) db.putSync(`k${i}`, `v${i}`, { sync: false })
  await db.close()
})
afterEach(() => rmSync(path, { recursive: true }))

function change(pattern: RegExp, edit: (bytes: Buffer) => Buffer): void {
  const name = readdirSync(path).find((file) => pattern.test(file))!
  writeFileSync(join(path, name), edit(readFileSync(join(path, name))))
}

function masked(bytes: Uint8Array): number {
  const crc = native.crc32c(bytes)
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Changes the payload of the n-th fragment of a log, and its checksum unless `silently`. */
function changeFragment(
  bytes: Buffer,
  n: number,
  edit: (payload: Buffer) => Buffer,
  silently = false,
): Buffer {
  let at = 0
  for (let i = 0; i < n; i++) at += 19 + bytes.readUInt16LE(at + 4)
  const end = at + 19 + bytes.readUInt16LE(at + 4)
  const fragment = Buffer.concat([
    bytes.subarray(at, at + 19),
    edit(Buffer.from(bytes.subarray(at + 19, end))),
  ])
  fragment.writeUInt16LE(fragment.length - 19, 4)
  if (!silently) fragment.writeUInt32LE(masked(fragment.subarray(4)), 0)
  return Buffer.concat([bytes.subarray(0, at), fragment, bytes.subarray(end)])
}

/** The first stored block of a table, found by its checksum, gets another codec. */
function changeCodec(bytes: Buffer, codec: number): Buffer {
  for (let at = 1; at < bytes.length - 5; at++) {
    if (masked(bytes.subarray(0, at + 1)) !== bytes.readUInt32LE(at + 1)) continue
    const changed = Buffer.from(bytes)
    changed[at] = codec
    changed.writeUInt32LE(masked(changed.subarray(0, at + 1)), at + 1)
    return changed
  }
  throw new Error('no block ends anywhere')
}

const refused = async (code: string, text: string) => {
  const before = readdirSync(path).sort()
  for (const options of [{}, { readOnly: true }]) {
    await expect(Database.open(path, options)).rejects.toMatchObject({
      name: 'BurrowError',
      code,
      message: expect.stringContaining(text),
    })
  }
  expect(readdirSync(path).sort()).toEqual(before)
}

describe('a database of a newer version', () => {
  it('is refused by the version of its manifest, unless that is only damage', async () => {
    const newer = (payload: Buffer) => {
      const at = payload.indexOf(Buffer.from([2, 1, 1]))
      payload[at + 2] = 2
      return payload
    }
    change(/^MANIFEST/, (bytes) => changeFragment(bytes, 1, newer))
    await refused('BURROW_UNSUPPORTED', 'MANIFEST')
  })

  it('is refused by the version of its log framing', async () => {
    change(/^MANIFEST/, (bytes) =>
      changeFragment(bytes, 0, (payload) => {
        payload.writeUInt32LE(2, 8)
        return payload
      }),
    )
    await refused('BURROW_UNSUPPORTED', 'MANIFEST')
  })

  it('is refused by a feature, which is named', async () => {
    const name = Buffer.from('time-travel')
    change(/^MANIFEST/, (bytes) =>
      changeFragment(bytes, 1, (payload) => Buffer.concat([payload, Buffer.from([3, name.length]), name])),
    )
    await refused('BURROW_UNSUPPORTED', 'time-travel')
  })

  it('is corrupt when the checksum does not hold', async () => {
    change(/^MANIFEST/, (bytes) =>
      changeFragment(
        bytes,
        0,
        (payload) => {
          payload.writeUInt32LE(2, 8)
          return payload
        },
        true,
      ),
    )
    await refused('BURROW_CORRUPTION', 'MANIFEST')
  })

  it('may have blocks of a codec that is missing here', async () => {
    change(/\.sst$/, (bytes) => changeCodec(bytes, 3))
    const db = await Database.open(path)
    for (const read of [() => db.get('k5'), async () => db.getSync('k5'), () => db.entries().all()]) {
      await expect(read()).rejects.toMatchObject({
        code: 'BURROW_UNSUPPORTED',
        context: { file: expect.stringMatching(/\.sst$/) },
      })
    }
    await db.close()
    change(/\.sst$/, (bytes) => changeCodec(bytes, 0))
    const again = await Database.open(path)
    expect(again.getSync('k5')).toBe('v5')
    await again.close()
  })
})
