/** Where a project's next migrations are written, and in which form: that of the tool whose history it is. */
import path from 'node:path'
import { AssayError } from '../ground/errors.ts'
import { shellCommand } from '../ground/shell-word.ts'
import type { HistoryForm } from '../migrate/forms/form.ts'
import { formOfSql, formsBelow } from '../migrate/forms/kinds.ts'
import type { Finding } from '../prove/result.ts'
import type { ProjectArchitecture } from './project.ts'

const shown = (directory: string, place: string): string => path.relative(directory, place) || '.'

/** Tools whose code Assay does not write: how each runs SQL of its own. */
const pastes: readonly (readonly [command: RegExp, paste: string])[] = [
  [/\brails\b/u, "bin/rails generate migration NAME, and in it, for each statement: execute <<~'SQL' … SQL"],
  [
    /\bmix\b|\becto\b/u,
    'mix ecto.gen.migration NAME, and in it, for each statement: execute("""…""", """…""")',
  ],
  [/\bartisan\b/u, 'php artisan make:migration NAME, and in it, for each statement: DB::unprepared(…)'],
  [/\bliquibase\b/u, 'a new changeset of formatted SQL: --changeset YOU:NAME splitStatements:true'],
  [/\bkysely\b/u, 'a new migration, and in it, for each statement: await sql.raw(`…`).execute(db)'],
  [/\bnode-pg-migrate\b/u, 'npx node-pg-migrate create NAME, and in it, for each statement: pgm.sql(`…`)'],
  [/\bmikro/u, 'npx mikro-orm migration:create --blank, and in it, for each statement: this.addSql(`…`)'],
]

const noForm = (command: string | undefined): AssayError => {
  const paste = pastes.find(([sign]) => command !== undefined && sign.test(command))?.[1]
  return new AssayError('There is no directory of migrations to write to.', {
    code: 'design.no-directory',
    exit: 2,
    asked: 'the next migrations, as files',
    found: command === undefined ? 'no schema.migrations' : `schema.command: ${command}`,
    why: 'another tool keeps these migrations, in its own form',
    mend: `Let Assay print them, and paste what it prints into ${paste ?? 'a new migration of that tool, statement by statement'}:\nassay design --dry-run`,
  })
}

const several = (directory: string, forms: readonly HistoryForm[], into: string | null): AssayError => {
  const places = forms.map((form) => shown(directory, form.directory))
  return new AssayError(
    into === null
      ? 'Several directories hold migrations that the command may run.'
      : `${into} is none of the directories that hold migrations.`,
    {
      code: 'design.which-directory',
      exit: 2,
      asked: into ?? 'the one that the next migration belongs to',
      found: forms.map(({ tool }, i) => `${places[i]} (${tool ?? 'SQL'})`).join(', '),
      why: 'what is written elsewhere would run in another order, or not at all',
      mend: `Name it:\n${shellCommand('assay', 'design', '--into', places[0] ?? '')}`,
    },
  )
}

/** null: it is for a person to say where they go; `isOptional` when they are only printed. */
export const designPlace = (
  { schema }: ProjectArchitecture,
  into: string | null,
  isOptional: boolean,
): HistoryForm | null => {
  if (schema.migrations !== undefined) return formOfSql(path.resolve(schema.directory, schema.migrations))
  const forms = schema.command === undefined ? [] : formsBelow(schema.directory, schema.command)
  const asked = into === null ? forms : forms.filter((form) => form.directory === path.resolve(into))
  if (asked.length === 1) return asked[0] ?? null
  if (isOptional && into === null) return null
  throw forms.length === 0 ? noForm(schema.command) : several(schema.directory, forms, into)
}

/** What people have to know of migrations that another tool runs. */
export const placeFindings = (
  form: HistoryForm | null,
  isPlain: boolean,
  isCode: boolean,
): readonly Finding[] => [
  ...(form?.tool != null && isPlain
    ? [
        {
          code: 'design.plain-form',
          severity: 'warning' as const,
          summary: `${form.tool} runs a migration in one transaction: each change has its plain form, under which writers wait for scans and index builds`,
          why: 'the online forms are several transactions, and statements that run outside of any',
          fix: `Measure what they lock: assay lint. ${isCode ? 'For tables in use apply them when few write; `assay design --online --dry-run` prints the other form, for migrations without a transaction.' : 'For tables in use let Assay run them instead (assay migrate up), in the form that `assay design --online` writes.'}`,
        },
      ]
    : []),
  ...(form?.tool != null && form.model !== null
    ? [
        {
          code: 'design.say-it-too',
          severity: 'note' as const,
          summary: `${form.tool} compares its migrations with ${form.model}: declare there what these migrations make, or it may write a migration that makes it again or takes it away`,
          why: 'the tool does not read SQL',
          fix: `Change ${form.model} alike, without another migration.`,
        },
      ]
    : []),
]
