/** Drizzle: SQL files that `meta/_journal.json` lists, all pending ones in one transaction. Assay reads `.down.sql` beside them. */
import path from 'node:path'
import { readScript } from '../../postgres/script.ts'
import { readSqlText } from '../files/migration-files.ts'
import { drizzleOrder } from '../files/drizzle-journal.ts'
import type { FormKind, NewFile, NextMigration } from './form.ts'
import { countedOn } from './numbering.ts'

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly version?: string; readonly when?: number }[]
}

/** Behind the last one in its number and in its time: Drizzle runs what is younger than what ran. */
const grown = (text: string, migrations: readonly NextMigration[]): string => {
  const journal = JSON.parse(text) as Journal
  const idx = Math.max(-1, ...journal.entries.map((entry) => entry.idx)) + 1
  const when = Math.max(Date.now(), ...journal.entries.map((entry) => (entry.when ?? 0) + 1))
  const version = journal.entries.at(-1)?.version ?? '7'
  const entries = [
    ...journal.entries,
    ...migrations.map(({ name }, n) => ({
      idx: idx + n,
      version,
      when: when + n,
      tag: name,
      breakpoints: true,
    })),
  ]
  return `${JSON.stringify({ ...journal, entries }, null, 2)}\n`
}

/** Drizzle sends what stands between these lines, one by one. */
const withBreaks = (text: string): string =>
  readScript(text)
    .slice(0, -1)
    .reduceRight((whole, { start, text: statement }) => {
      const end = start + statement.length + 1
      return `${whole.slice(0, end)}\n--> statement-breakpoint${whole.slice(end)}`
    }, text)

export const drizzle: FormKind = {
  command: /\bdrizzle\b/u,
  at: (directory, names) => {
    const sql = names.filter((name) => /(?<!\.down)\.sql$/u.test(name))
    if (drizzleOrder(directory, sql) === null) return null
    const journal = path.join(directory, 'meta', '_journal.json')
    return {
      tool: 'Drizzle',
      directory,
      isOneTransaction: true,
      model: 'the schema in TypeScript',
      prefix: (standing, n) => `${countedOn(standing, n, 0n)}_`,
      filesOf: (migrations): readonly NewFile[] => [
        ...migrations.flatMap(({ name, up, down }) => [
          { migration: name, file: path.join(directory, `${name}.sql`), text: withBreaks(up) },
          ...(down === null
            ? []
            : [{ migration: name, file: path.join(directory, `${name}.down.sql`), text: down }]),
        ]),
        ...migrations.slice(0, 1).map(({ name }) => ({
          migration: name,
          file: journal,
          text: grown(readSqlText(journal), migrations),
          isGrown: true,
        })),
      ],
    }
  },
}
