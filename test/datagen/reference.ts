/**
 * The bytes of the data generator once more, slowly, as the section "The bytes" of docs/datagen.md says and from nothing else;
 * the tables of ratios and the forms of lines are read from there.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pattern } from '../../lib/datagen.ts'
import { root } from '../dist.ts'

export interface Parameters {
  readonly size: number
  readonly seed: bigint
  readonly dedupRatio: number
  readonly compressRatio: number
  readonly pattern: Pattern
  readonly blockSize: number
}

const mask = (1n << 64n) - 1n
const gamma = 0x9e3779b97f4a7c15n
const pageSize = 4096

function mix(z: bigint): bigint {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
  return z ^ (z >> 31n)
}

const rotl = (x: bigint, k: bigint) => ((x << k) | (x >> (64n - k))) & mask

/** Which block, by number, has the bytes of block b first. */
function identityOf({ blockSize, dedupRatio, size }: Parameters, b: bigint): bigint {
  const blocks = Math.ceil(size / blockSize)
  const n = BigInt(blocks)
  const unique = Math.min(blocks, Math.max(1, Math.floor(blocks / dedupRatio + 0.5)))
  const U = BigInt(unique)
  if (U === n) return b
  const u = BigInt(Math.max(32, Math.ceil(2 ** 24 / blockSize), 2 * Math.ceil(dedupRatio) + 4))
  const G = U / u > 1n ? U / u : 1n
  const first = (g: bigint) => (g * u * n) / U
  const reached = ((b + 1n) * U - 1n) / (u * n)
  const g = reached < G - 1n ? reached : G - 1n
  const w = g === G - 1n ? U - g * u : u
  const p = (b - first(g)) % w
  const r = (b - first(g)) / w
  const h = w / 2n
  const order = (j: bigint, m: bigint) => {
    const e = m - (m % 2n)
    if (j === e) return e
    return ((j % 2n === 0n ? j / 2n : e - 1n - j / 2n) + r) % e
  }
  return g * u + (p < h ? order(p, h) : h + order(p - h, w - h))
}

/** The steps of a page: 64 bytes each, from eight generators. */
function* stepsOf(pageSeed: bigint): Generator<Buffer, never> {
  const lanes = Array.from({ length: 8 }, (_, lane) =>
    Array.from({ length: 4 }, (_, w) => mix((pageSeed + BigInt(8 * w + lane + 1) * gamma) & mask)),
  )
  for (;;) {
    const step = Buffer.alloc(64)
    for (const [lane, s] of lanes.entries()) {
      const [s0, s1, , s3] = s as [bigint, bigint, bigint, bigint]
      step.writeBigUInt64LE((rotl((s0 + s3) & mask, 23n) + s0) & mask, 8 * lane)
      const t = (s1 << 17n) & mask
      s[2]! ^= s[0]!
      s[3]! ^= s[1]!
      s[1]! ^= s[2]!
      s[0]! ^= s[3]!
      s[2]! ^= t
      s[3] = rotl(s[3]!, 45n)
    }
    yield step
  }
}

interface Shape {
  readonly pattern: string
  /** For r below this; of the tables of a pattern the first that fits counts. */
  readonly below: number
  readonly parts: number
  readonly pairs: readonly (readonly [number, number])[]
}

const text = readFileSync(join(root, 'docs/datagen.md'), 'utf8')

const shapes: readonly Shape[] = [
  ...text.matchAll(/^(zeros|backref|text),(?: r < (\d+) \([^)]*\),)?.* P = (\d+):\n\n((?: {4}[\d: ]+\n)+)/gm),
].map(([, pattern, below, parts, table]) => ({
  pattern: pattern!,
  below: below === undefined ? Number.POSITIVE_INFINITY : Number(below),
  parts: Number(parts),
  pairs: table!
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(':').map(Number) as [number, number]),
}))

const forms = [...text.matchAll(/^ {4}(.*)⏎$/gm)].map(([, form]) => `${form}\n`)

/** How a page is divided: lengths are in 1/65536 bytes. */
function divisionOf(pattern: Pattern, r: number) {
  const { pairs, parts } = shapes.find((shape) => shape.pattern === pattern && r < shape.below)!
  const target = Math.floor(2 ** 44 / r)
  let at = 1
  while (at < pairs.length - 1 && target > pairs[at]![0] * 4096) at++
  const [[x0, y0], [x1, y1]] = [pairs[at - 1]!, pairs[at]!]
  const slope = (BigInt(target - x0 * 4096) * BigInt(y1 - y0)) / BigInt(x1 - x0)
  const amount = y0 * 4096 + Number(slope)
  const share = (bytes: number) => BigInt(Math.floor(bytes / parts))
  if (pattern !== 'text') return { parts, random: share(amount), fresh: share(amount) }
  return { parts, random: share(Math.max(0, amount - 2 ** 28)), fresh: share(Math.min(amount, 2 ** 28)) }
}

const alphabets: Readonly<Record<string, string>> = {
  C: 'nrtslcdmpbgfvhkw',
  V: 'aeiouaeioaey    ',
  D: '0123456789012345',
}

/** The form without its CV…, which is as long as is needed. */
function templateOf(form: string): string {
  const [head, tail] = form.split('CV…') as [string, string]
  const room = 128 - head.length - tail.length
  return head + 'CV'.repeat(64).slice(0, room) + tail
}

function lineOf(step: Buffer, number: number): Buffer {
  const places = [...templateOf(forms[number % forms.length]!)]
  const line = places.map((place, i) => {
    const half = i < 64 ? step[i]! & 15 : step[i - 64]! >> 4
    return alphabets[place]?.[half] ?? place
  })
  return Buffer.from(line.join(''), 'latin1')
}

function pageOf({ compressRatio, pattern, seed }: Parameters, number: bigint): Buffer {
  const steps = stepsOf(mix((mix((seed + gamma) & mask) + number * gamma) & mask))
  const take = () => steps.next().value
  const page = Buffer.alloc(pageSize)
  const r = Math.floor(compressRatio * 65536 + 0.5)
  if (r === 65536) {
    for (let i = 0; i < 64; i++) take().copy(page, 64 * i)
    return page
  }
  const { fresh, parts, random } = divisionOf(pattern, r)
  const size = pageSize / parts
  let line = 0
  for (let j = 0; j < parts; j++) {
    const part = page.subarray(j * size, (j + 1) * size)
    const q = number * BigInt(parts) + BigInt(j)
    const length = (average: bigint) => Number(((q + 1n) * average) / 65536n - (q * average) / 65536n)
    const f = length(fresh)
    const randomLength = length(random)
    for (let at = 0; at < randomLength; at += 64) take().copy(part, at, 0, Math.min(64, randomLength - at))
    for (let at = randomLength; at < f; at += 128)
      lineOf(take(), line++).copy(part, at, 0, Math.min(128, f - at))
    const near = Math.min(f, size - f, size - f < size / 8 ? 16 : size)
    const distance = pattern === 'backref' ? near : f < 128 ? f : Math.floor(f / 128) * 128
    for (let at = f; at < size; at++) part[at] = pattern === 'zeros' ? 0 : part[at - distance]!
  }
  return page
}

/** Makes bytes of one parameter set; remembers its pages. */
export class Reference {
  readonly #parameters: Parameters
  readonly #pages = new Map<bigint, Buffer>()

  constructor(parameters: Parameters) {
    this.#parameters = parameters
  }

  /** The bytes from `offset` on, fewer than `length` at the end. */
  read(offset: number, length: number): Buffer {
    const { blockSize, size } = this.#parameters
    const end = Math.min(size, offset + length)
    const bytes: Buffer[] = []
    for (let at = offset; at < end; ) {
      const block = Math.floor(at / blockSize)
      const number =
        identityOf(this.#parameters, BigInt(block)) * BigInt(blockSize / pageSize) +
        BigInt(Math.floor((at % blockSize) / pageSize))
      let page = this.#pages.get(number)
      if (page === undefined) {
        page = pageOf(this.#parameters, number)
        this.#pages.set(number, page)
      }
      const from = at % pageSize
      const part = page.subarray(from, Math.min(pageSize, from + (end - at)))
      bytes.push(part)
      at += part.length
    }
    return Buffer.concat(bytes)
  }
}
