import type { VersionEdit } from '../manifest/version-edit.ts'
import { redacted } from '../util/redacted.ts'

/** The edit with the lengths of its keys in their place, as text in bytes. */
export function redactEdit(edit: VersionEdit): VersionEdit {
  if (edit.added === undefined) return edit
  const hide = (bytes: Uint8Array) => Buffer.from(redacted(bytes))
  return {
    ...edit,
    added: edit.added.map((one) => ({
      ...one,
      table: { ...one.table, smallest: hide(one.table.smallest), largest: hide(one.table.largest) },
    })),
  }
}
