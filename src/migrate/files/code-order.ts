/**
 * The order of migrations that are code, as their files say it, without running them: what each stands behind
 * (Alembic's down_revision, Django's dependencies), and which of them nothing stands behind.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { AssayError } from '../../ground/errors.ts'
import { gitLogOf } from '../../ground/git-log.ts'

export interface CodeMigration {
  /** Revision of Alembic; file of Django, without its ending. */
  readonly name: string
  readonly file: string
  /** Names of those that have to run first, of this directory. */
  readonly after: readonly string[]
}

export interface CodeOrder {
  readonly tool: 'Alembic' | 'Django'
  /** Each behind all that it stands behind. */
  readonly migrations: readonly CodeMigration[]
  /** Names of those that nothing stands behind. */
  readonly heads: readonly string[]
}

interface Read {
  readonly tool: CodeOrder['tool']
  readonly migrations: readonly CodeMigration[]
  readonly merge: string
}

const strings = (text: string): readonly string[] =>
  [...text.matchAll(/(['"])(?<inside>[^'"\n]*)\1/gu)].map(({ groups }) => groups?.['inside'] ?? '')

/** Comments and texts of several lines may say what was once assigned. */
const codeOf = (text: string): string =>
  text.replaceAll(/("""|''')[^]*?\1/gu, '').replaceAll(/^(?<code>[^'"#\n]*)#.*$/gmu, '$<code>')

/** What is assigned to a name at the beginning of a line, up to the end of its brackets. */
const assigned = (code: string, name: string): string | null =>
  new RegExp(
    String.raw`^[ \t]*${name}[ \t]*(?::[^=\n]*)?=[ \t]*(?<value>\([^)]*\)|\[[^\]]*\]|[^\n]*)`,
    'mu',
  ).exec(code)?.groups?.['value'] ?? null

const fromAlembic = (file: string, text: string): CodeMigration | null => {
  const code = codeOf(text)
  const [name] = strings(assigned(code, 'revision') ?? '')
  const down = assigned(code, 'down_revision')
  return name === undefined || down === null ? null : { name, file, after: strings(down) }
}

/** Migrations of the app that the directory is of; those of other apps are ordered where they stand. */
const fromDjango = (file: string, text: string): CodeMigration | null => {
  const code = codeOf(text)
  if (!/\bmigrations\.Migration\b/u.test(code)) return null
  const app = path.basename(path.dirname(path.dirname(file)))
  const listed =
    /^[ \t]*dependencies[ \t]*(?::[^=\n]*)?=[ \t]*\[(?<pairs>[^\]]*)\]/mu.exec(code)?.groups?.['pairs'] ?? ''
  const pairs = [...listed.matchAll(/\(\s*(['"])(?<app>[^'"]*)\1\s*,\s*(['"])(?<name>[^'"]*)\3\s*,?\s*\)/gu)]
  const after = pairs.flatMap(({ groups }) => (groups?.['app'] === app ? [groups['name'] ?? ''] : []))
  return { name: path.basename(file, '.py'), file, after }
}

const pythonFiles = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const place = path.join(directory, entry.name)
      if (entry.isFile() && /^[^_.].*\.py$/u.test(entry.name)) return [place]
      return entry.isDirectory() && entry.name === 'versions' ? pythonFiles(place) : []
    })
    .toSorted()

const read = (directory: string): Read | null => {
  const texts = pythonFiles(directory).map((file) => [file, readFileSync(file, 'utf8')] as const)
  const alembic = texts.flatMap(([file, text]) => fromAlembic(file, text) ?? [])
  if (alembic.length > 0)
    return { tool: 'Alembic', migrations: alembic, merge: 'alembic merge -m "both branches" heads' }
  const django = texts.flatMap(([file, text]) => fromDjango(file, text) ?? [])
  const merge = 'python manage.py makemigrations --merge'
  return django.length === 0 ? null : { tool: 'Django', migrations: django, merge }
}

const missing = (directory: string, { name, file }: CodeMigration, gone: string): AssayError =>
  new AssayError(`${name} stands behind ${gone}, which is not there.`, {
    code: 'migration.missing-file',
    exit: 2,
    asked: `every migration of ${directory} in its order`,
    found: `${path.basename(file)}, and no file that is ${gone}`,
    why: 'it was deleted, or the branch that has it was not merged',
    mend: `Bring the file of ${gone} back, or name the one that stands before ${name} in it.`,
    next: [gitLogOf(gone)],
  })

const twoHeads = ({ tool, merge }: Read, heads: readonly CodeMigration[]): AssayError =>
  new AssayError(`${tool} has ${heads.length} heads: ${heads.map(({ name }) => name).join(', ')}.`, {
    code: 'migration.two-heads',
    exit: 2,
    asked: 'one migration that nothing stands behind',
    found: heads.map(({ file }) => path.basename(file)).join(', '),
    why: 'two branches each wrote the next one: which of them runs first is for a person to say',
    mend: `Put one behind the other, or let the tool write what joins them:\n${merge}`,
    next: [gitLogOf(...heads.map(({ file }) => path.basename(file)))],
  })

const inCircle = (directory: string, names: readonly string[]): AssayError =>
  new AssayError(`Migrations stand behind each other: ${names.slice(0, 5).join(', ')}.`, {
    code: 'migration.circle',
    exit: 2,
    asked: `an order of ${directory}`,
    found: 'a circle',
    mend: 'Correct what one of them says it stands behind.',
  })

/** null: it is neither Alembic's nor Django's. Throws AssayError for two heads, a file that is missing, a circle. */
export const readCodeOrder = (directory: string): CodeOrder | null => {
  const found = read(directory)
  if (found === null) return null
  const byName = new Map(found.migrations.map((one) => [one.name, one]))
  for (const one of found.migrations) {
    const gone = one.after.find((name) => !byName.has(name))
    if (gone !== undefined) throw missing(directory, one, gone)
  }
  const ordered = new Set<CodeMigration>()
  for (let before = -1; before !== ordered.size;) {
    before = ordered.size
    for (const one of found.migrations)
      if (one.after.every((name) => ordered.has(byName.get(name) ?? one))) ordered.add(one)
  }
  const open = found.migrations.filter((one) => !ordered.has(one))
  if (open.length > 0)
    throw inCircle(
      directory,
      open.map(({ name }) => name),
    )
  const heads = found.migrations.filter(
    ({ name }) => !found.migrations.some(({ after }) => after.includes(name)),
  )
  if (heads.length > 1) throw twoHeads(found, heads)
  return { tool: found.tool, migrations: [...ordered], heads: heads.map(({ name }) => name) }
}
