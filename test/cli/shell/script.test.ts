import { expect, test } from 'vitest'
import { burrow, TemporaryFolder } from '../burrow.ts'

const shell = (script: string, ...args: string[]) => burrow(['shell', ...args], Buffer.from(script))

test('statements from a pipe: several on a line, on several lines, the last without a semicolon', async () => {
  const script = `
    .create users id:S
    .create events device:S at:N
    INSERT INTO users VALUE {'id': 'a; b', 'n': 1}; INSERT INTO users
      VALUE {'id': 'c'}; -- a comment; with a semicolon
    .tables
    .format jsonl
    SELECT id FROM users WHERE id = 'a; b';
    .format csv
    SELECT id, n /* not ; the end */
      FROM users WHERE n = 1`
  expect(await shell(script)).toMatchObject({
    code: 0,
    stdout: 'Item inserted\nItem inserted\nevents\nusers\n{"id":"a; b"}\nid,n\na; b,1\n',
    stderr: '',
  })
})

test('a statement that fails ends it with exit code 1, or not at once', async () => {
  const script =
    ".create users id:S\n.format jsonl\nSELECT * FROM nobody;\n.nonsense\nSELECT 1 FROM;\nSELECT * FROM users;\nINSERT INTO users VALUE {'id':'a'};\nSELECT * FROM users;\n"
  const first =
    'burrow: line 3: BURROW_NOT_FOUND ResourceNotFoundException: Requested resource not found: Table: nobody not found\n'
  expect(await shell(script)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: first,
  })
  const { code, stderr, stdout } = await shell(script, '--keep-going')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '{"id":"a"}\n' })
  expect(stderr.split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'burrow: line 3:',
    'burrow: line 4:',
    'burrow: line 5:',
    '',
  ])
})

test('what is written is there afterwards; a shell can be read-only', async () => {
  using folder = new TemporaryFolder()
  const db = folder.join('db')
  expect(await shell('.tables\n', db)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^burrow: BURROW_NOT_FOUND /),
  })
  const write = ".create users id:S\nINSERT INTO users VALUE {'id':'a'};\n.exit\nSELECT nothing;\n"
  expect(await shell(write, db, '--create')).toMatchObject({ code: 0, stderr: '' })
  const read = await shell(".schema users\n.schema\nDELETE FROM users WHERE id = 'a';\n", db, '--read-only')
  expect(read.code).toBe(1)
  expect(read.stdout).toMatch(
    /^table {3}users, .*\nkey {5}id \(S\)\nitems {3}1 item, .*\npath .*read-only\nfiles .*\ntable {3}users: id \(S\)\n$/,
  )
  expect(read.stderr).toMatch(/^burrow: line 3: BURROW_READ_ONLY /)
})
