import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'

/** True for what a rename may replace: a regular file, or nothing yet; false for devices and pipes. */
export async function isPlainFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? true
}

/**
 * Opens the file for `work` to write. Under another name first, so that `file` is never half of what it should be and stays
 * as it was when `work` fails; devices and pipes are written as they are.
 */
export async function writeOutputFile(
  file: string,
  flags: string | number,
  work: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  const plain = await isPlainFile(file)
  const target = plain ? `${file}.${process.pid}.tmp` : file
  const handle = await open(target, flags)
  try {
    await work(handle)
    if (plain) await handle.sync()
    await handle.close()
    if (plain) await rename(target, file)
  } catch (error) {
    await handle.close().catch(() => {})
    if (plain) await rm(target, { force: true })
    throw error
  }
}
