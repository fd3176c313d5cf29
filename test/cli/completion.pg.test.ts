/** assay completion: bash's own completion functions are driven with its script; zsh and fish read theirs where they are. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assay, main } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { changed, shop, writeProject } from '../support/project.ts'

let place: string

beforeAll(async () => {
  place = mkdtempSync(join(tmpdir(), 'assay-completion-'))
  mkdirSync(join(place, 'bin'))
  writeFileSync(join(place, 'bin/assay'), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`, {
    mode: 0o755,
  })
  // A column whose name a shell would run, if it were let.
  const hostile = changed(shop, {
    'assay.config.ts': [
      ['price: ', `'$(touch pwned)': 'integer', price: `],
      ['t.unique(', `t.unique('lower(slug)'), t.unique(`],
    ],
    'migrations/0001_products.sql': [
      ['  price ', '  "$(touch pwned)" integer,\n  price '],
      [');', ');\ncreate unique index on products (lower(slug));'],
    ],
  })
  writeProject(join(place, 'shop'), hostile)
  writeProject(join(place, 'shop with spaces'), shop)
  expect(await assayJson(['prove', 'shop'], { cwd: place })).toMatchObject({ findings: [], code: 0 })
})

afterAll(() => rmSync(place, { recursive: true, force: true }))

const driver = `
source <(assay completion bash)
COMP_LINE="$1" COMP_POINT=\${#1}
COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
COMP_WORDS=(assay) COMP_CWORD=1
_assay assay
printf '%s\\n' "\${COMPREPLY[@]}"
`

/** What bash would offer for this line. */
const complete = (line: string, cwd = place): readonly string[] => {
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', driver, 'bash', line], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(place, 'bin')}:${process.env['PATH'] ?? ''}` },
  })
  expect(stderr).toBe('')
  return stdout.split('\n').filter((reply) => reply !== '')
}

describe('bash', () => {
  test('names of migrations, and values that are a choice', () => {
    const cwd = join(place, 'shop')
    expect(complete('assay migrate resolve 00', cwd)).toEqual(['0001_products'])
    expect(complete('assay migrate resolve 0001_products --as re', cwd)).toEqual(['reverted'])
    expect(complete('assay migrate up --to=0', cwd)).toEqual(['0001_products'])
  })

  test('commands, and the hidden one is not among them', () => {
    expect(complete('assay ')).toEqual(expect.arrayContaining(['prove', 'red', 'init', 'explain', 'help']))
    expect(complete('assay comp')).toEqual(['completion'])
    expect(complete('assay help expl')).toEqual(['explain'])
    expect(complete('assay completion z')).toEqual(['zsh'])
  })

  test('options of the command, each once', () => {
    expect(complete('assay prove --o')).toEqual(['--only', '--operators'])
    expect(complete('assay prove --json --js')).toEqual([])
    expect(complete('assay --ver')).toEqual(['--version'])
    expect(complete('assay prove -- --o')).toEqual([])
  })

  test('directories, with what a shell would break at escaped', () => {
    expect(complete('assay prove sh')).toEqual(['shop/', 'shop\\ with\\ spaces/'])
    expect(complete('assay prove shop/mi')).toEqual(['shop/migrations/'])
  })

  test('ids from the ledger, behind the colon where bash breaks the word', () => {
    const shopDirectory = join(place, 'shop')
    expect(complete('assay explain prod', shopDirectory)).toContain('products')
    expect(complete('assay explain products/check:pri', shopDirectory)).toEqual(['price_not_negative'])
    expect(complete('assay explain products/unique:lo', shopDirectory)).toContain('lower\\(slug\\)')
    expect(complete('assay prove shop --only products/required:sl')).toEqual(['slug'])
    expect(complete('assay prove shop --only products/required:slug products/required:pr')).toEqual(['price'])
    expect(complete('assay prove shop --only=products/required:pr')).toEqual(['price'])
  })

  test('what a name holds is never run', () => {
    const shopDirectory = join(place, 'shop')
    expect(complete('assay explain products/type:', shopDirectory)).toContain('\\"\\$\\(touch\\ pwned\\)\\"')
    expect(complete(`assay explain 'products/type:"$`, shopDirectory)).toEqual([
      'products/type:"$(touch pwned)"',
    ])
    expect(complete('assay explain "$(touch pwned)', shopDirectory)).toEqual([])
    const { stdout } = spawnSync('find', [place, '-name', 'pwned'], { encoding: 'utf8' })
    expect(stdout).toBe('')
  })

  test('nothing where there is nothing: no config, no such command', () => {
    expect(complete('assay explain prod', tmpdir())).toEqual([])
    expect(complete('assay porve ')).toEqual([])
  })
})

describe('each script', () => {
  test.each(['bash', 'zsh', 'fish'])('%s reads its own', async (shell) => {
    const { code, stdout } = await assay(['completion', shell])
    expect(code).toBe(0)
    expect(stdout).toContain('complete')
    const read = spawnSync(shell, ['-n'], { input: stdout, encoding: 'utf8' })
    // A shell that is not installed cannot look.
    if (read.error === undefined) expect([read.status, read.stderr]).toEqual([0, ''])
  })

  test('a shell that there is no script for is told', async () => {
    const { code, stderr } = await assay(['completion', 'bsh'])
    expect(code).toBe(2)
    expect(stderr).toContain('assay completion bash')
  })
})

test('what another shell asks comes with what it is', async () => {
  const { stdout } = await assay(['complete', 'fish', 'assay explain products/check:'], {
    cwd: join(place, 'shop'),
  })
  expect(stdout).toContain('products/check:price_not_negative\tprice not negative: price >= 0\n')
})
