/** What the README and the guides behind it show is what there is: usage, code, commands and rule kinds. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { table } from '../src/index.ts'
import { makeProgram } from '../src/cli/program.ts'
import { assay } from './support/command-line.ts'
import { compile } from './support/compile.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const fileText = (path: string): string => readFileSync(`${root}${path}`, 'utf8')
const readme = fileText('README.md')
const reference = fileText('docs/reference.md')
const guides = ['README.md', 'docs/reference.md', 'docs/migrations.md', 'docs/queries.md']
const all = guides.map(fileText).join('\n')

/** The blocks of one language, in order. */
const blocks = (language: string): readonly string[] =>
  [...all.matchAll(/^```(\w+)\n([^]*?)^```$/gmu)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  )

test('its usage is what --help prints', async () => {
  const { stdout } = await assay(['--help'])
  expect(blocks('text').filter((text) => text.startsWith('Usage: assay'))).toEqual([stdout])
})

describe('its code', () => {
  const code = blocks('ts')

  test('is that of the files that it names', () => {
    const named = code.flatMap((text) => {
      const [, path, shortened, body] = /^\/\/ (\S+)( \(shortened\))?\n([^]*)$/u.exec(text) ?? []
      return path === undefined || body === undefined
        ? []
        : [{ path, body, isWhole: shortened === undefined }]
    })
    expect(named.length).toBeGreaterThan(1)
    for (const { path, body, isWhole } of named) {
      if (isWhole) expect(body, path).toBe(fileText(path))
      else expect(fileText(path), path).toContain(body)
    }
  })

  test('compiles where it stands for a file of its own', async () => {
    const own = code.filter((text) => !text.startsWith('// '))
    expect(own.length).toBeGreaterThan(0)
    const files = own.map((text, i) => [
      `block-${i}.ts`,
      text.replaceAll('./data/commerce.ts', './commerce.ts'),
    ])
    const commerce = `import { architecture, table } from 'assay'
export const commerce = architecture('commerce', { tables: { t: table('t', { id: 'bigint' }, (t) => [t.primaryKey('id')]) } })
`
    const { errors } = await compile({ ...Object.fromEntries(files), 'commerce.ts': commerce } as Record<
      string,
      string
    >)
    expect(errors).toEqual([])
  })
})

test('its commands are commands, with options that they have', () => {
  const program = makeProgram()
  const lines = blocks('sh')
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('assay '))
  expect(lines.length).toBeGreaterThan(5)
  for (const line of lines) {
    const [, name, ...words] = line.replace(/\s+#.*$/u, '').split(/\s+/u)
    const top = program.commands.find((c) => c.name() === name)
    expect(top, line).toBeDefined()
    let command = top!
    for (const word of words) command = command.commands.find((c) => c.name() === word) ?? command
    for (const word of words.filter((w) => w.startsWith('--')))
      expect(
        command.options.map((option) => option.long),
        line,
      ).toContain(word)
  }
  // Without the one that completion scripts ask.
  const shown = program
    .createHelp()
    .visibleCommands(program)
    .filter((c) => c.name() !== 'help')
  for (const command of shown) expect(readme).toContain(`assay ${command.name()}`)
})

test('its rule kinds are those that a table can declare', () => {
  let methods: readonly string[] = []
  table('any', { id: 'bigint' }, (t) => {
    methods = Object.keys(t)
    return []
  })
  const told = new Set(
    [...reference.matchAll(/^\| `t\.(\w+)\(.*$/gmu)].flatMap(([line]) =>
      [...line.matchAll(/`t\.(\w+)\(/gu)].map((m) => m[1]!),
    ),
  )
  expect([...told].toSorted()).toEqual(methods.filter((name) => name !== 'sql').toSorted())
})

test('every file that it points to is there', () => {
  for (const guide of guides)
    for (const [, path] of fileText(guide).matchAll(/\]\((?!https?:)([^)#]+)/gu))
      expect(() => fileText(join(dirname(guide), path!)), `${guide}: ${path}`).not.toThrow(/ENOENT/u)
})
