/** assay init: its files are proven, type-check and are formatted; nothing that is there is written over. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { assayJson } from '../support/envelope.ts'
import { withDirectory, writeProject, type ProjectFiles } from '../support/project.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = [
  'assay.config.ts',
  'data/newsletter.ts',
  'data/tables/subscribers.ts',
  'migrations/0001_subscribers.sql',
  'migrations/0001_subscribers.down.sql',
]

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()

/** As npm would install it. */
const install = (directory: string): void => {
  mkdirSync(join(directory, 'node_modules'), { recursive: true })
  symlinkSync(root, join(directory, 'node_modules/assay'))
}

const typeCheck = (directory: string): string => {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout, stderr } = spawnSync(process.execPath, [tsc, '--noEmit', '-p', directory], {
    cwd: directory,
    encoding: 'utf8',
  })
  return `${stdout}${stderr}`
}

test('what it writes is proven as it stands: everything green, nothing survived', async () => {
  await withDirectory(async (directory) => {
    const ran = await assay(['init'], { cwd: directory })
    expect(ran).toMatchObject({ code: 0, stderr: '' })
    expect(filesIn(directory)).toEqual([...files, 'tsconfig.json'].toSorted())
    for (const file of files) expect(ran.stdout).toContain(`${file} written`)
    expect(ran.stdout).toContain('next npx assay prove')

    const proof = await assayJson(['prove'], { cwd: directory })
    expect(proof.findings).toEqual([])
    expect(proof).toMatchObject({ code: 0, ok: true, summary: { tables: 1, mutants: { survived: 0 } } })
    expect(await assayJson(['migrate', 'test'], { cwd: directory })).toMatchObject({ code: 0, findings: [] })
    expect(await assayJson(['check'], { cwd: directory })).toMatchObject({ code: 0, findings: [] })
  })
})

describe('the editor has nothing to say', () => {
  test.each([
    ['in an empty directory', { 'README.md': '# Shop\n' }],
    ['in a package of ES modules', { 'package.json': '{ "type": "module" }\n' }],
    [
      'under a tsconfig.json that wants .js',
      {
        'package.json': '{ "type": "module" }\n',
        'tsconfig.json':
          '{ "compilerOptions": { "module": "nodenext", "strict": true, "noEmit": true, "skipLibCheck": true } }\n',
      },
    ],
  ])('%s', async (_, existing) => {
    await withDirectory(async (directory) => {
      const files: ProjectFiles = existing
      writeProject(directory, files)
      install(directory)
      const before = files['tsconfig.json']
      expect(await assay(['init'], { cwd: directory })).toMatchObject({ code: 0 })
      expect(typeCheck(directory)).toBe('')
      if (before !== undefined) expect(readFileSync(join(directory, 'tsconfig.json'), 'utf8')).toBe(before)
      const prettier = join(root, 'node_modules/prettier/bin/prettier.cjs')
      const config = join(root, '.prettierrc.json')
      const own = filesIn(directory).filter((file) => file.endsWith('.ts'))
      execFileSync(process.execPath, [prettier, '--config', config, '--check', ...own], { cwd: directory })
      // The config with .js endings is one that runs.
      expect(await assayJson(['green'], { cwd: directory })).toMatchObject({ code: 0 })
    })
  })
})

describe('what is there already', () => {
  test('is named and left, and nothing else is written', async () => {
    await withDirectory(async (directory) => {
      writeProject(directory, { 'assay.config.ts': 'mine\n', 'migrations/0001_users.sql': 'select 1;\n' })
      const { code, ok, findings } = await assayJson(['init'], { cwd: directory })
      expect({ code, ok }).toEqual({ code: 4, ok: false })
      expect(findings[0]?.code).toBe('init.exists')
      expect(findings[0]?.found).toContain('assay.config.ts')
      expect(findings[0]?.found).toContain('0001_users.sql')
      expect(filesIn(directory)).toEqual(['assay.config.ts', 'migrations/0001_users.sql'])
      expect(readFileSync(join(directory, 'assay.config.ts'), 'utf8')).toBe('mine\n')
    })
  })

  test('is another config: two would be one too many', async () => {
    await withDirectory(async (directory) => {
      writeProject(directory, { 'assay.config.mjs': 'export default {}\n' })
      expect(await assayJson(['init'], { cwd: directory })).toMatchObject({ code: 4 })
      expect(filesIn(directory)).toEqual(['assay.config.mjs'])
    })
  })

  test('is a file where the directory should be', async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, 'taken'), '')
      const { code, findings } = await assayJson(['init', 'taken'], { cwd: directory })
      expect({ code, fault: findings[0]?.code }).toEqual({ code: 4, fault: 'init.not-directory' })
    })
  })

  test('is the same: a second init writes nothing and is no fault', async () => {
    await withDirectory(async (directory) => {
      await assay(['init', 'a/b'], { cwd: directory })
      const again = await assayJson(['init', 'a/b'], { cwd: directory })
      expect(again).toMatchObject({ code: 0, artifacts: [] })
    })
  })
})

test('--dry-run prints every file and writes none', async () => {
  await withDirectory(async (directory) => {
    const { code, stdout } = await assay(['init', 'shop', '--dry-run'], { cwd: directory })
    expect(code).toBe(0)
    for (const file of files) expect(stdout).toContain(`shop/${file} would be written`)
    expect(stdout).toContain('create table subscribers')
    expect(existsSync(join(directory, 'shop'))).toBe(false)
    const { artifacts, summary } = await assayJson(['init', 'shop', '--dry-run'], { cwd: directory })
    expect(artifacts).toEqual([])
    expect(JSON.stringify(summary)).toContain('create table subscribers')
  })
})

test('a package is told to install Assay, unless it has', async () => {
  await withDirectory(async (directory) => {
    writeProject(directory, {
      'one/package.json': '{}\n',
      'two/package.json': '{ "devDependencies": { "assay": "*" } }\n',
    })
    const next = async (place: string): Promise<readonly string[]> =>
      (await assayJson(['init', place], { cwd: directory })).next
    expect(await next('one')).toEqual(['npm install --save-dev assay', 'npx assay prove one'])
    expect(await next('two')).toEqual(['npx assay prove two'])
  })
})
