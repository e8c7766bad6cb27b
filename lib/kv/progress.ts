/** Tells a caller's function how far a long call is, from the event loop and never inside the call's own work. */
export interface ProgressReporter<P> {
  tell(progress: P): void
  /** Throws what the function threw. */
  check(): void
  /** Resolves when everything told has arrived. */
  settled(): Promise<void>
}

export function reportProgress<P>(onProgress: ((progress: P) => void) | undefined): ProgressReporter<P> {
  let failure: { readonly error: unknown } | undefined
  let latest: P | undefined
  let waiting = false
  const deliver = () => {
    waiting = false
    try {
      if (failure === undefined) onProgress?.(latest!)
    } catch (error) {
      failure = { error }
    }
  }
  return {
    tell(progress) {
      latest = progress
      if (waiting || onProgress === undefined) return
      waiting = true
      setImmediate(deliver)
    },
    check() {
      if (failure !== undefined) throw failure.error
    },
    async settled() {
      if (waiting) await new Promise((resolve) => setImmediate(resolve))
      this.check()
    },
  }
}
