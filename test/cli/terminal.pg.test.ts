/** What a person sees: at a terminal, without one, without colour, in CI, at eighty columns. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { displayWidth } from '../../src/ground/display-width.ts'
import { assay, main } from '../support/command-line.ts'
import { changed, shop, withProject } from '../support/project.ts'

const hasScript = process.platform === 'linux' && spawnSync('script', ['--version']).status === 0
const all = process.env['ASSAY_TEST_ALL'] === '1'

const broken = changed(shop, {
  'migrations/0001_products.sql': [[' constraint products_price_not_negative check (price >= 0)', '']],
})

describe.skipIf(!hasScript && !all)(`at a terminal${hasScript ? '' : ' needs script of util-linux'}`, () => {
  /** Both streams of a pseudo terminal of eighty columns. */
  const run = (directory: string, env: Readonly<Record<string, string>> = {}): string => {
    const command = `stty cols 80; '${process.execPath}' '${main}' green '${directory}'`
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^(?:CI|NO_COLOR|FORCE_COLOR|TERM|VITEST)$/u.test(name),
      ),
    )
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env: { ...clean, TERM: 'xterm', ...env },
    })
    return stdout.replaceAll('\r\n', '\n')
  }
  const bar = '\r\u001B[2K'
  const green = '\u001B[32m✓\u001B[39m'

  test('a line of progress that is taken away again, and colour', async () => {
    await withProject(shop, async (directory) => {
      const seen = run(directory)
      expect(seen).toContain(`${bar}starting PostgreSQL`)
      expect(seen).toContain(`${bar}migrating shop`)
      const last = seen.lastIndexOf(bar)
      expect(seen.slice(last + bar.length).startsWith('\u001B[1mshop\u001B[22m on PostgreSQL 18\n')).toBe(
        true,
      )
      expect(seen).toContain(green)
      for (const drawn of seen.slice(0, last).split(bar)) expect(displayWidth(drawn)).toBeLessThan(80)
    })
  })

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }, { coloured: false, progress: true }],
    ['a dumb terminal', { TERM: 'dumb' }, { coloured: false, progress: false }],
    ['CI', { CI: 'true' }, { coloured: true, progress: false }],
  ])('%s', async (_, env, { coloured, progress }) => {
    await withProject(shop, async (directory) => {
      const seen = run(directory, env)
      expect(seen.includes(green)).toBe(coloured)
      expect(seen.includes(bar)).toBe(progress)
      expect(seen).toContain('Every rule holds.')
    })
  })
})

describe('without a terminal', () => {
  test('plain text on stdout, nothing on stderr, also when colour would be wanted elsewhere', async () => {
    await withProject(broken, async (directory) => {
      const { code, stdout, stderr } = await assay(['prove', directory], {
        env: { TERM: 'xterm', COLORTERM: 'truecolor' },
      })
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
      expect(stdout).not.toContain('\u001B')
    })
  })

  test('eighty columns, but for SQL and commands, which are to be copied', async () => {
    await withProject(broken, async (directory) => {
      const { stdout } = await assay(['prove'], { cwd: directory })
      const isCode = (line: string): boolean => /^ {10}(?:alter|create|drop|npx) |^ {2}next npx /u.test(line)
      expect(stdout.split('\n').filter((line) => displayWidth(line) > 80 && !isCode(line))).toEqual([])
      expect(stdout).not.toMatch(/ $/mu)
    })
  })

  test('the same twice, but for the seconds', async () => {
    await withProject(broken, async (directory) => {
      const withoutSeconds = (text: string): string => text.replaceAll(/^ {2}seconds .*$/gmu, '')
      const [one, two] = await Promise.all([
        assay(['prove'], { cwd: directory }),
        assay(['prove'], { cwd: directory }),
      ])
      expect(withoutSeconds(one.stdout)).toBe(withoutSeconds(two.stdout))
    })
  })

  test('each command says what it did not look at', async () => {
    await withProject(shop, async (directory) => {
      const said = async (command: string): Promise<string> => {
        const { stdout } = await assay([command], { cwd: directory })
        return (/^ {2}not seen {4}([^]*?)\n {2}seconds/mu.exec(stdout)?.[1] ?? '').replaceAll(/\s+/gu, ' ')
      }
      const [red, green, mutate, prove] = await Promise.all(['red', 'green', 'mutate', 'prove'].map(said))
      expect(red).toBe('what breaking each structure shows (mutate): `npx assay prove` looks at all')
      expect(green).toBe(
        'whether each rule fails without its structure (red); what breaking each structure shows (mutate): `npx assay prove` looks at all',
      )
      expect(mutate).toBe(
        'whether each rule fails without its structure (red): `npx assay prove` looks at all',
      )
      expect(prove).toBe('')
    })
  })
})
