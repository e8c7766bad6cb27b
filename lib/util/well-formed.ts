/** False for text with a lone surrogate, which UTF-8 cannot express. */
export function isWellFormed(text: string): boolean {
  // Every Node that is supported has it; the types that we compile with do not.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}
