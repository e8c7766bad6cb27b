import progress from 'cli-progress'

/**
 * Runs long work with a progress bar, which is drawn on a terminal only, and lets Ctrl-C end it in order: `signal` fires
 * then. `tell(done, total)` may be called with a larger total than before.
 */
export async function withProgressBar<T>(
  verb: string,
  work: (signal: AbortSignal, tell: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const bar = new progress.SingleBar({
    format: `${verb} {bar} {percentage}%`,
    clearOnComplete: true,
    noTTYOutput: false,
    hideCursor: true,
  })
  const interrupted = new AbortController()
  const interrupt = () => interrupted.abort()
  process.once('SIGINT', interrupt)
  bar.start(1, 0)
  try {
    return await work(interrupted.signal, (done, total) => {
      bar.setTotal(total)
      bar.update(done)
    })
  } finally {
    bar.stop()
    process.off('SIGINT', interrupt)
  }
}
