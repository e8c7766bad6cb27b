import { readFileSync, statSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'
import stringWidth from 'string-width'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../burrow.ts'
import { Terminal, whyNoTerminal } from './terminal.ts'

const missing = whyNoTerminal()
const [up, ctrlC, ctrlD] = ['\x1b[A', '\x03', '\x04']
const prompt = 'burrow> '
const continuation = '   ...> '

/** A line, once the shell asks for it; what it shows up to the next prompt. */
async function say(terminal: Terminal, line: string, next = prompt): Promise<string> {
  terminal.type(`${line}\r`)
  return (await terminal.until(`\n${next}`)).replace(`\n${next}`, '')
}

/** Types something, and a tab, which writes the rest. */
async function complete(terminal: Terminal, begun: string, rest: string): Promise<void> {
  await terminal.enter(begun)
  terminal.type('\t')
  await terminal.until(rest)
}

describe.skipIf(missing !== undefined)(
  `on a pseudo-terminal${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    test('a session: statements on several lines, formats, timer, errors, Ctrl-C and Ctrl-D', async () => {
      using folder = new TemporaryFolder()
      using terminal = new Terminal(['shell'], { env: { BURROW_HISTORY: folder.join('history') } })
      expect(await terminal.until(prompt)).toMatch(
        /^BurrowDB \d+\.\d+\.\d+ {2}:memory: {2}0 tables\nStatements end/,
      )
      await say(terminal, '.create users id:S')
      await say(terminal, 'INSERT INTO users VALUE', continuation)
      await say(terminal, "{'id': 'ada',", continuation)
      expect(await say(terminal, "'name': '漢字'};")).toMatch(/\nItem inserted \(\d+\.\d\d ms\)$/)
      const table = await say(terminal, 'SELECT * FROM users;')
      expect(table).toMatch(/\nid {3}name\n--- {2}----\nada {2}漢字\n\n1 row \(\d+\.\d\d ms\)$/)
      await say(terminal, '.timer off')
      await say(terminal, '.format compact')
      expect(await say(terminal, 'SELECT * FROM users;')).toMatch(/\n\[1\] id="ada", name="漢字"\n1 row$/)
      expect(await say(terminal, '.format xml')).toContain('there is no format xml; it can be table, json,')
      expect(await say(terminal, 'SELECT FROM;')).toContain('BURROW_INVALID_ARGUMENT ValidationException: ')

      await say(terminal, 'SELECT nothing', continuation)
      await terminal.enter('  of use')
      terminal.type(ctrlC)
      await terminal.until(`^C\n${prompt}`)
      expect(await say(terminal, '.history 2')).toMatch(/\nSELECT FROM;\n\.history 2$/)
      terminal.type(ctrlD)
      expect(await terminal.ended()).toBe(0)
      expect(terminal.raw).toContain('\x1b[1mid')
    })

    test('what was entered comes back, in the next session, too', async () => {
      using folder = new TemporaryFolder()
      const env = { BURROW_HISTORY: folder.join('history'), NO_COLOR: '1' }
      {
        using terminal = new Terminal(['shell'], { env })
        await terminal.until(prompt)
        await say(terminal, '.create users id:S')
        await say(terminal, 'SELECT *', continuation)
        await say(terminal, 'FROM users;')
        terminal.type(up)
        await terminal.until('SELECT * FROM users;')
        terminal.type('\r')
        await terminal.until('0 rows')
        await terminal.until(prompt)
        terminal.type('.exit\r')
        expect(await terminal.ended()).toBe(0)
        expect(terminal.raw).not.toContain('\x1b[36m')
      }
      expect(readFileSync(env.BURROW_HISTORY, 'utf8')).toBe(
        '.create users id:S\nSELECT * FROM users;\n.exit\n',
      )
      expect(statSync(env.BURROW_HISTORY).mode & 0o777).toBe(0o600)
      using terminal = new Terminal(['shell'], { env })
      await terminal.until(prompt)
      terminal.type(up + up)
      await terminal.until('SELECT * FROM users;')
      terminal.type(ctrlC)
      await terminal.until(`^C\n${prompt}`)
      terminal.type(ctrlD)
      expect(await terminal.ended()).toBe(0)
    })

    test('a tab completes; tables fit the terminal, wide characters and all', async () => {
      using terminal = new Terminal(['shell'], { columns: 40, env: { BURROW_HISTORY: '' } })
      await terminal.until(prompt)
      await complete(terminal, '.cre', 'ate')
      await say(terminal, ' users id:S')
      await say(
        terminal,
        `INSERT INTO users VALUE {'id': 'a', 'text': '${'漢字'.repeat(30)}', 'nickname': 'x'};`,
      )
      await complete(terminal, 'SEL', 'ECT')
      await complete(terminal, ' * fr', 'om')
      await complete(terminal, ' us', 'ers')
      await complete(terminal, ' WHERE nick', 'name')
      const shown = await say(terminal, " = 'x';")
      const grid = stripVTControlCharacters(shown).split('\n').slice(1, 4)
      expect(grid.map((line) => stringWidth(line)).every((width) => width <= 40)).toBe(true)
      expect(grid[2]).toMatch(/^a {3}(漢字)+漢?… {1,2} *x$/)
      terminal.type(ctrlD)
      expect(await terminal.ended()).toBe(0)
    })
  },
)
