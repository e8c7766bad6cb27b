/** What the compressible part of the data is made of: zeros, copies of bytes shortly before, or words and JSON. */
export type Pattern = 'zeros' | 'backref' | 'text'

/** The index is what native code takes. */
export const patterns: readonly Pattern[] = ['zeros', 'backref', 'text']
