import { type Command, Option } from 'commander'
import { redactEdit } from '../debug/redact-edit.ts'
import { fileName } from '../manifest/file-names.ts'
import { decodeVersionEdit, type VersionEdit } from '../manifest/version-edit.ts'
import { formatVersionEdit } from '../manifest/version-edit-text.ts'
import { damageError } from './failure.ts'
import { parseFileNumber } from './file-number.ts'
import { addRedact, jsonBytes } from './notation.ts'
import { writeJson, writeLine } from './output.ts'

interface DumpOptions {
  readonly json?: boolean
  readonly jsonl?: boolean
  readonly redact?: boolean
}

interface PlacedEdit {
  readonly offset: number
  readonly edit: VersionEdit
}

export function addDumpManifest(program: Command): void {
  addRedact(program.command('dump-manifest'))
    .description('print the edits of the manifest; works on databases that do not open')
    .argument('<path>', 'directory of the database')
    .argument(
      '[number]',
      'file number of a manifest; without it, the one that CURRENT names',
      parseFileNumber,
    )
    .addOption(new Option('--json', 'print one JSON document').conflicts('jsonl'))
    .option('--jsonl', 'print one JSON document an edit')
    .action(dumpManifest)
}

async function dumpManifest(path: string, given: number | undefined, options: DumpOptions): Promise<void> {
  const { DatabaseFiles } = await import('./database-files.ts')
  const files = new DatabaseFiles(path)
  const number = given ?? files.currentManifest()
  const file = fileName('manifest', number)
  const log = files.readLog('manifest', number)
  const edits: PlacedEdit[] = []
  let failure: unknown = 'damage' in log ? damageError(log.damage) : undefined
  for (const { offset, payload } of log.records) {
    try {
      edits.push({ offset, edit: decodeVersionEdit(payload, { file: `${path}/${file}`, offset }) })
    } catch (error) {
      failure = error
      break
    }
  }
  const end = 'damage' in log ? 'damaged' : log.end
  if (options.json) {
    const { databaseId, fileSize } = log
    await writeJson({ file, databaseId, fileSize, end, edits: edits.map(shownAs(options)) })
  } else if (options.jsonl) {
    for (const edit of edits) await writeJson(shownAs(options)(edit))
  } else {
    for (const { edit, offset } of edits) await writeLine(`# offset ${offset}\n${textOf(edit, options)}\n`)
    await writeLine(`# ${file}: ${edits.length} edits, ${end}`)
  }
  if (failure !== undefined) throw failure
}

function textOf(edit: VersionEdit, { redact }: DumpOptions): string {
  return formatVersionEdit(redact ? redactEdit(edit) : edit)
}

function shownAs(options: DumpOptions) {
  const notation = options.redact ? 'redacted' : 'utf8'
  return ({ edit, offset }: PlacedEdit) => {
    const added = edit.added?.map(({ level, table }) => ({
      level,
      table: {
        ...table,
        smallest: jsonBytes(table.smallest, notation),
        largest: jsonBytes(table.largest, notation),
      },
    }))
    return { offset, ...edit, ...(added === undefined ? {} : { added }), text: textOf(edit, options) }
  }
}
