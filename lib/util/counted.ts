/** `1 table`, `2 tables`: a number of things whose plural ends in s. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
