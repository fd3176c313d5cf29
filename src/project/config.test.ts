import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { AssayError, AssayErrors } from '../ground/errors.ts'
import { loadProject } from './config.ts'

const made: string[] = []
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** A directory with these files. */
const project = (files: Readonly<Record<string, string>>): string => {
  const directory = mkdtempSync(join(tmpdir(), 'assay-config-'))
  made.push(directory)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

const shop = `import { architecture, table } from 'assay'

interface Ignored {
  readonly a: string
}
export const tenants = table('tenants', { id: 'bigint', name: 'text' }, (t) => [
  t.primaryKey('id'),
  t.check('named', \`name <> ''\`),
])
export const shop = architecture('shop', { tables: { tenants } })
`
const one = `import { defineConfig } from 'assay'
import { shop } from './data/shop.ts'
export default defineConfig({ architecture: shop, schema: { migrations: 'migrations' } })
`

const faultsOf = async (directory: string): Promise<readonly AssayError[]> => {
  try {
    await loadProject(directory)
  } catch (cause) {
    if (cause instanceof AssayErrors) return cause.errors
    if (cause instanceof AssayError) return [cause]
    throw cause
  }
  throw new Error('nothing was refused')
}

describe('a project', () => {
  test('is found from a directory upwards, and reads TypeScript with its lines', async () => {
    const directory = project({ 'assay.config.ts': one, 'data/shop.ts': shop, 'src/deep/x.txt': '' })
    const loaded = await loadProject(join(directory, 'src/deep'))
    expect(loaded).toMatchObject({
      directory,
      file: join(directory, 'assay.config.ts'),
      architectures: [{ schema: { directory, migrations: 'migrations' }, ledger: join(directory, 'ledger') }],
    })
    expect(loaded.architectures[0]?.architecture.tables[0]?.rules.map((rule) => [rule.id, rule.at])).toEqual([
      ['tenants/type:id', { file: join(directory, 'data/shop.ts'), line: 6 }],
      ['tenants/type:name', { file: join(directory, 'data/shop.ts'), line: 6 }],
      ['tenants/optional:name', { file: join(directory, 'data/shop.ts'), line: 6 }],
      ['tenants/primaryKey:id', { file: join(directory, 'data/shop.ts'), line: 7 }],
      ['tenants/check:named', { file: join(directory, 'data/shop.ts'), line: 8 }],
    ])
  })

  test('may have several architectures, each with its schema and ledger', async () => {
    const directory = project({
      'data/shop.ts': shop,
      'assay.config.ts': `import { architecture, defineConfig } from 'assay'
import { shop, tenants } from './data/shop.ts'
const warehouse = architecture('ware house', { tables: { tenants } })
export default defineConfig({
  architectures: [
    { architecture: shop, schema: { migrations: 'a', before: ['x.sql'], extensions: ['citext'] } },
    { architecture: warehouse, schema: { command: 'npx prisma migrate deploy' }, ledger: 'proofs' },
  ],
})`,
    })
    const { architectures } = await loadProject(directory)
    expect(architectures.map(({ architecture, ...rest }) => ({ name: architecture.name, ...rest }))).toEqual([
      {
        name: 'shop',
        schema: { directory, migrations: 'a', before: ['x.sql'], extensions: ['citext'] },
        ledger: join(directory, 'ledger', 'shop'),
      },
      {
        name: 'ware house',
        schema: { directory, command: 'npx prisma migrate deploy' },
        ledger: join(directory, 'proofs'),
      },
    ])
  })

  test('is read again after an edit, and leaves nothing behind', async () => {
    const directory = project({ 'assay.config.ts': one, 'data/shop.ts': shop })
    await loadProject(directory)
    writeFileSync(join(directory, 'data/shop.ts'), shop.replace(`'named'`, `'has_name'`))
    const loaded = await loadProject(directory)
    expect(loaded.architectures[0]?.architecture.tables[0]?.rules.at(-1)?.id).toBe('tenants/check:has_name')
  })
})

describe('what is not there', () => {
  test('no config, no directory', async () => {
    const directory = project({ 'x.txt': '' })
    const [none] = await faultsOf(directory)
    expect([none?.code, none?.exit]).toEqual(['config.not-found', 2])
    const [gone] = await faultsOf(join(directory, 'nowhere'))
    expect([gone?.code, gone?.exit]).toEqual(['config.no-directory', 2])
  })
})

describe('a config that is wrong', () => {
  test('tells all unknown keys at once, with their lines and what was meant', async () => {
    const directory = project({
      'data/shop.ts': shop,
      'assay.config.ts': `import { shop } from './data/shop.ts'
export default {
  architecture: shop,
  ledgr: 'x',
  schema: {
    migratons: 'migrations',
    extension: ['citext'],
    colour: 1,
  },
}`,
    })
    const file = join(directory, 'assay.config.ts')
    const faults = await faultsOf(directory)
    expect(faults.map((fault) => [fault.message, fault.where?.line, fault.mend])).toEqual([
      [
        `${file}: there is no option "ledgr". Did you mean "ledger"?`,
        4,
        'Write "ledger" instead of "ledgr".',
      ],
      [
        `${file}: there is no option "schema.migratons". Did you mean "migrations"?`,
        6,
        'Write "migrations" instead of "migratons".',
      ],
      [
        `${file}: there is no option "schema.extension". Did you mean "extensions"?`,
        7,
        'Write "extensions" instead of "extension".',
      ],
      [`${file}: there is no option "schema.colour".`, 8, 'Take "colour" away.'],
    ])
    expect(faults.every((fault) => fault.exit === 2)).toBe(true)
  })

  test.each([
    ['export default 7', 'config.value', 'the default export is not an object'],
    ['export const a = 1', 'config.no-default', 'exports no configuration'],
    ['export default { schema: {} }', 'config.value', '"architecture" is not an architecture'],
    [
      `import { tenants } from './data/shop.ts'\nexport default { architecture: tenants, schema: { migrations: 'm' } }`,
      'config.value',
      '"architecture" is not an architecture',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architecture: shop }`,
      'config.value',
      '"schema" is missing',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architecture: shop, schema: {} }`,
      'config.no-schema',
      'comes from nowhere',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architecture: shop, schema: { migrations: 'm', command: 'c' } }`,
      'config.two-schemas',
      'both migrations and a command',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architecture: shop, schema: { migrations: 'm', down: 'd' } }`,
      'config.down-alone',
      'takes it back, and none that makes it',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architecture: shop, schema: { migrations: ['m'] } }`,
      'config.value',
      '"schema.migrations" is not a string',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architecture: shop, schema: { migrations: 'm' }, ledger: '.' }`,
      'config.ledger-directory',
      'has other files of the project in it',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architectures: [{ architecture: shop, schema: { migrations: 'm' } }, { architecture: shop, schema: { migrations: 'n' } }] }`,
      'config.two-architectures',
      'two architectures are named "shop"',
    ],
    [
      `import { shop } from './data/shop.ts'\nexport default { architectures: [], schema: {} }`,
      'config.value',
      'names no architecture',
    ],
  ])('%s', async (config, code, said) => {
    const [fault] = await faultsOf(project({ 'data/shop.ts': shop, 'assay.config.ts': config }))
    expect([fault?.code, fault?.exit]).toEqual([code, 2])
    expect(fault?.message).toContain(said)
    expect(fault?.mend).toBeTruthy()
  })

  test('a key of one architecture beside several', async () => {
    const directory = project({
      'data/shop.ts': shop,
      'assay.config.ts': `import { shop } from './data/shop.ts'
export default { architectures: [{ architecture: shop, schema: { migrations: 'm' } }], ledger: 'x' }`,
    })
    const [fault] = await faultsOf(directory)
    expect(fault?.mend).toContain('Move "ledger" into the architecture')
  })
})

describe('a file that cannot be loaded', () => {
  test('a syntax error: its file, line and caret', async () => {
    const text = `export const a = {\n  b: 1,\n  c: = 2,\n}\n`
    const directory = project({ 'assay.config.ts': one, 'data/shop.ts': text })
    const [fault] = await faultsOf(directory)
    expect(fault).toMatchObject({
      code: 'config.syntax',
      exit: 2,
      where: { file: join(directory, 'data/shop.ts'), line: 3, column: 6, excerpt: '  c: = 2,\n     ^' },
    })
  })

  test('an error that it throws: the line, no stack', async () => {
    const directory = project({
      'assay.config.ts': one,
      'data/shop.ts': `const read = (x: { a?: { b: string } }) =>\n  x.a!.b\nexport const shop = read({})\n`,
    })
    const [fault] = await faultsOf(directory)
    expect(fault).toMatchObject({
      code: 'config.threw',
      exit: 2,
      where: { file: join(directory, 'data/shop.ts'), line: 2, excerpt: '  x.a!.b' },
    })
    expect(fault?.message).not.toContain('    at ')
  })

  test.each([
    [`import { x } from './nope.ts'\nexport default x`, 'config.missing-module', './nope.ts', 1],
    [
      `\n\nimport { x } from 'no-such-package'\nexport default x`,
      'config.missing-module',
      'npm install no-such-package',
      3,
    ],
    [`import { tabel } from 'assay'\ntabel('x', {})`, 'config.missing-export', 'Did you mean "table"?', 2],
    [`throw 'just text'`, 'config.threw', 'just text', 1],
    [`export default await Promise.reject(new Error('later'))`, 'config.threw', 'later', 1],
  ])('%s', async (config, code, said, line) => {
    const [fault] = await faultsOf(project({ 'assay.config.ts': config }))
    expect([fault?.code, fault?.exit, fault?.where?.line]).toEqual([code, 2, line])
    expect(`${fault?.message} ${fault?.mend}`).toContain(said)
  })

  test('faults of the declaration come through, all of them', async () => {
    const directory = project({
      'assay.config.ts': one,
      'data/shop.ts': shop.replace(`t.primaryKey('id')`, `t.primaryKey('idd'), t.required('nam')`),
    })
    const faults = await faultsOf(directory)
    expect(faults.map((fault) => [fault.code, fault.where?.line])).toEqual([
      ['architecture.missing-column', 7],
      ['architecture.missing-column', 7],
    ])
  })
})

describe('SQL in a declaration', () => {
  const withRule = (rule: string): string =>
    project({
      'assay.config.ts': one,
      'data/shop.ts': shop.replace(`t.check('named', \`name <> ''\`),`, rule),
    })

  test('a CHECK with a syntax error: file, line, caret', async () => {
    const directory = withRule(`t.check(\n    'named',\n    \`name <> 'ä' and and id > 0\`,\n  ),`)
    const [fault] = await faultsOf(directory)
    expect(fault).toMatchObject({
      code: 'architecture.sql-syntax',
      exit: 2,
      message: 'tenants/check:named: its check is not valid SQL: syntax error at or near "and".',
      where: {
        file: join(directory, 'data/shop.ts'),
        line: 10,
        column: 22,
        excerpt: `    \`name <> 'ä' and and id > 0\`,\n                     ^`,
      },
    })
  })

  test('a syntax error: its caret stands after letters of several bytes too', async () => {
    const [fault] = await faultsOf(withRule(`t.check('c', \`'ä€😀' <> name and and nam <> ''\`),`))
    expect(fault?.where?.excerpt?.split('\n')[1]).toBe(`${' '.repeat(35)}^`)
  })

  test('a missing column: its caret stands after letters of several bytes too', async () => {
    const [fault] = await faultsOf(withRule(`t.check('c', \`'ä€😀' <> name and nam <> ''\`),`))
    expect(fault?.where?.excerpt?.split('\n')).toEqual([
      `  t.check('c', \`'ä€😀' <> name and nam <> ''\`),`,
      `${' '.repeat(35)}^`,
    ])
  })

  test.each([
    [`t.check('c', 'nam > 1'),`, 'missing-column', 'Did you mean "name"?'],
    [`t.check('c', 'tenants.nam > 1'),`, 'missing-column', 'Did you mean "name"?'],
    [`t.unique(t.sql\`lower(emial)\`),`, 'missing-column', '"emial"'],
    [`t.unique('id', { where: 'deleted is null' }),`, 'missing-column', '"deleted"'],
    [`t.defaults({ name: 'none' }),`, 'missing-column', 'text is quoted'],
    [`t.accepts('a', { name: 'abc' }),`, 'missing-column', 'cannot look at columns'],
    [`t.check('c', '(id > 1'),`, 'sql-syntax', 'it ends too early'],
    [`t.check('c', ''),`, 'sql-syntax', 'it ends too early'],
    [`t.check('c', 'id > 1) , (id < 2'),`, 'sql-syntax', 'is not one SQL expression'],
    [`t.check('c', 'id > 1) from (select 1) x where (true'),`, 'sql-syntax', 'is not one SQL expression'],
    [`t.check('c', \`name = 'open\`),`, 'sql-syntax', 'unterminated quoted string'],
    [`t.holds('h', 'selct 1'),`, 'sql-syntax', 'syntax error at or near "selct"'],
    [`t.holds('h', 'select 1; drop table tenants'),`, 'sql-syntax', '2 statements'],
    [`t.indexed('id', { serves: 'select * from' }),`, 'sql-syntax', 'it ends too early'],
  ])('%s', async (rule, code, said) => {
    const [fault] = await faultsOf(withRule(rule))
    expect([fault?.code, fault?.exit]).toEqual([`architecture.${code}`, 2])
    expect(`${fault?.message} ${fault?.mend}`).toContain(said)
    expect(fault?.where?.line).toBe(8)
  })

  test.each([
    `t.check('c', 'id > 1 -- why'),`,
    `t.check('c', 'tenants.id > 1 and tableoid is not null and tenants is not null'),`,
    `t.check('c', "name = any (array['a']) and current_date > '2020-01-01'"),`,
    `t.defaults({ name: 'current_user' }),`,
    `t.holds('h', 'select id from tenants t where t.whatever > 1'),`,
    `t.unique('lower(name)'),`,
  ])('%s is fine', async (rule) => {
    const loaded = await loadProject(withRule(rule))
    expect(loaded.architectures).toHaveLength(1)
  })
})
