/** Whether two lists of measurements differ by more than chance. */

/**
 * The two-sided p-value of the rank-sum test of Mann and Whitney (Wilcoxon), exact: the share of all ways to divide the values
 * in two lists of these lengths whose rank sum is as far from the expected one as this, or farther. Equal values have the mean of
 * their ranks. 1 when a list is empty.
 */
export function rankSumTest(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1
  const ranks = doubledRanks([...a, ...b])
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0)
  // ways[n].get(s): in how many ways n of the values seen so far have the doubled rank sum s.
  const ways: Map<number, number>[] = Array.from({ length: a.length + 1 }, () => new Map<number, number>())
  ways[0]!.set(0, 1)
  for (const rank of ranks) {
    for (let n = a.length; n >= 1; n--) {
      for (const [sum, count] of ways[n - 1]!) {
        ways[n]!.set(sum + rank, (ways[n]!.get(sum + rank) ?? 0) + count)
      }
    }
  }
  const expected = a.length * (ranks.length + 1)
  let all = 0
  let extreme = 0
  for (const [sum, count] of ways[a.length]!) {
    all += count
    if (Math.abs(sum - expected) >= Math.abs(observed - expected)) extreme += count
  }
  return extreme / all
}

/** Twice the rank of each value, from 1: whole numbers also where values are equal. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = [...values].sort((x, y) => x - y)
  return values.map((value) => sorted.indexOf(value) + 1 + sorted.lastIndexOf(value) + 1)
}

/** p-values as they count when so many questions are asked at once (Holm 1979). In the order given. */
export function holm(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const adjusted = new Array<number>(values.length)
  let largest = 0
  order.forEach((index, place) => {
    largest = Math.max(largest, Math.min(1, values[index]! * (values.length - place)))
    adjusted[index] = largest
  })
  return adjusted
}
