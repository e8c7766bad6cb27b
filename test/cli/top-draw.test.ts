import { expect, it } from 'vitest'
import { drawTop } from '../../lib/cli/top/draw.ts'
import { bar, duration, levelShare, short } from '../../lib/cli/top/figures.ts'
import { filesSample, liveSample } from './top-samples.ts'

const golden = (name: string) => `../golden/top/${name}.txt`
const text = (lines: readonly string[]) => `${lines.join('\n')}\n`

it('a busy database at 80 columns', async () => {
  const frame = { sample: liveSample(62), before: liveSample(60) }
  await expect(text(drawTop(frame, 80))).toMatchFileSnapshot(golden('live'))
})

it('the first look has no rates', async () => {
  const notices = ['it was recorded by burrowdb 0.0.9; this is 0.1.0']
  await expect(text(drawTop({ sample: liveSample(60), notices }, 80))).toMatchFileSnapshot(golden('first'))
})

it('files only', async () => {
  const frame = { sample: filesSample(4), before: filesSample(2) }
  await expect(text(drawTop(frame, 80))).toMatchFileSnapshot(golden('files'))
})

it('no line is wider than the terminal, and none has control characters', () => {
  const sample = { ...liveSample(62), path: `/tmp/\x1b[2Jevil\nname${'x'.repeat(200)}` }
  for (const columns of [20, 60, 80, 200]) {
    const lines = drawTop({ sample, before: filesSample(1), notices: ['\x1b]0;title\x07'] }, columns)
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(columns)
      expect(line).not.toMatch(/\p{Cc}/u)
    }
  }
})

it('a process that began anew has no rates, instead of negative ones', () => {
  const lines = (before: ReturnType<typeof liveSample>) =>
    text(drawTop({ sample: liveSample(62), before }, 80))
  const first = text(drawTop({ sample: liveSample(62) }, 80))
  expect(lines({ ...liveSample(60), pid: 1 })).toBe(first)
  expect(lines({ ...liveSample(60), stats: { ...liveSample(60).stats, uptimeMs: 1e9 } })).toBe(first)
  expect(lines(liveSample(60))).not.toBe(first)
})

it('figures fit their columns', () => {
  expect([0, 12.345, 99, 9999, 10_000, 123_456, 12_345_678, 5e9].map(short)).toEqual([
    '0',
    '12.3',
    '99',
    '9999',
    '10.00k',
    '123.5k',
    '12.35M',
    '5.00G',
  ])
  expect([0, 59_999, 60_000, 11_100_000, 200_000_000].map(duration)).toEqual([
    '0 s',
    '59 s',
    '1 min',
    '3 h 5 min',
    '2 d 7 h',
  ])
  expect([-1, 0, 0.5, 1, 2].map((part) => bar(part, 4))).toEqual(['....', '....', '##..', '####', '####'])
  expect(levelShare(0, 0)).toBe(0)
  expect(levelShare(100, 100)).toBe(1)
  expect(levelShare(2 ** 20, 2 ** 30)).toBeGreaterThan(0.2)
})
