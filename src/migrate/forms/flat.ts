/** Flat SQL files that a tool sends in one piece: Supabase's, pairs of `.up.sql` and `.down.sql`, and files with both parts. */
import path from 'node:path'
import { readSqlText } from '../files/migration-files.ts'
import { readScript } from '../../postgres/script.ts'
import type { FormKind, HistoryForm, NewFile, NextMigration } from './form.ts'
import { countedOn, stampedOn } from './numbering.ts'

const isStamp = (name: string): boolean => /^\d{14}\D/u.test(name)

/** As those that stand: a time where they begin with one. */
const likeThose = (standing: readonly string[], n: number): string =>
  `${standing.some(isStamp) ? stampedOn(standing, n) : countedOn(standing, n)}_`

const flat = (
  tool: string,
  directory: string,
  filesOf: (migration: NextMigration) => readonly (readonly [ending: string, text: string])[],
): HistoryForm => ({
  tool,
  directory,
  isOneTransaction: true,
  model: null,
  prefix: likeThose,
  filesOf: (migrations) =>
    migrations.flatMap((migration) =>
      filesOf(migration).map(([ending, text]): NewFile => ({
        migration: migration.name,
        file: path.join(directory, `${migration.name}${ending}`),
        text,
      })),
    ),
})

export const supabase: FormKind = {
  command: /\bsupabase\b/u,
  at: (directory) =>
    directory.endsWith(`${path.sep}supabase${path.sep}migrations`)
      ? {
          // It would run a file that undoes, too.
          ...flat('Supabase', directory, ({ up }) => [
            ['.sql', `-- assay: direction forward because Supabase only goes forward\n${up}`],
          ]),
          prefix: (standing, n) => `${stampedOn(standing, n)}_`,
        }
      : null,
}

/** golang-migrate and sqlx. */
export const pairs: FormKind = {
  command: /\bsqlx\b|\bmigrate\s+-{1,2}(?:path|source|database)\b/u,
  at: (directory, names) =>
    names.some((name) => name.endsWith('.up.sql'))
      ? flat('the tool that runs pairs of .up.sql and .down.sql', directory, ({ up, down }) => [
          ['.up.sql', up],
          ...(down === null ? [] : [['.down.sql', down] as const]),
        ])
      : null,
}

interface Marks {
  readonly tool: string
  readonly sign: RegExp
  readonly up: string
  readonly down: string
  /** Around a statement that has semicolons inside; null: the tool cuts nothing. */
  readonly around: readonly [begin: string, end: string] | null
}

const marks: readonly Marks[] = [
  {
    tool: 'dbmate',
    sign: /^--\s*migrate:up\b/imu,
    up: '-- migrate:up',
    down: '-- migrate:down',
    around: null,
  },
  {
    tool: 'goose',
    sign: /^--\s*\+goose\s+up\b/imu,
    up: '-- +goose Up',
    down: '-- +goose Down',
    around: ['-- +goose StatementBegin', '-- +goose StatementEnd'],
  },
  {
    tool: 'sql-migrate',
    sign: /^--\s*\+migrate\s+up\b/imu,
    up: '-- +migrate Up',
    down: '-- +migrate Down',
    around: ['-- +migrate StatementBegin', '-- +migrate StatementEnd'],
  },
  {
    tool: 'node-pg-migrate',
    sign: /^--\s*up\s+migration\b/imu,
    up: '-- Up Migration',
    down: '-- Down Migration',
    around: null,
  },
]

const fenced = (text: string, around: Marks['around']): string => {
  if (around === null) return text
  const inner = readScript(text).filter((step) => step.text.includes(';'))
  return inner.reduceRight((whole, { start, text: statement }) => {
    const end = start + statement.length + 1
    return `${whole.slice(0, start)}${around[0]}\n${whole.slice(start, end)}\n${around[1]}${whole.slice(end)}`
  }, text)
}

/** dbmate, goose, sql-migrate, node-pg-migrate: one file, cut by comments. */
export const twoParts: FormKind = {
  command: /\b(?:dbmate|goose|sql-migrate|node-pg-migrate)\b/u,
  at: (directory, names) => {
    const last = names.filter((name) => /^\d.*\.sql$/u.test(name)).at(-1)
    if (last === undefined) return null
    const text = readSqlText(path.join(directory, last))
    const mark = marks.find(({ sign }) => sign.test(text))
    if (mark === undefined) return null
    return flat(mark.tool, directory, ({ up, down }) => [
      [
        '.sql',
        [
          mark.up,
          fenced(up, mark.around),
          mark.down,
          ...(down === null ? [] : [fenced(down, mark.around)]),
        ].join('\n'),
      ],
    ])
  },
}
