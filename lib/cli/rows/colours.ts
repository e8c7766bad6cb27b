const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], cyan: [36, 39] } as const

/** Puts a text into a colour, or leaves it as it is. */
export type Paint = (colour: keyof typeof codes, text: string) => string

export const plainPaint: Paint = (_, text) => text

/** Colours for what is a terminal, unless the environment says NO_COLOR or that the terminal has none. */
export function paintFor(stream: { readonly isTTY?: boolean }, environment = process.env): Paint {
  const none = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb'
  if (stream.isTTY !== true || none) return plainPaint
  return (colour, text) => {
    const [on, off] = codes[colour]
    return `\x1b[${on}m${text}\x1b[${off}m`
  }
}
