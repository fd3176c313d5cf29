/** Real schemas of public projects, where they lie beside the checkout. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where they lie. */
export const corpus = fileURLToPath(new URL('../../../shared/corpus', import.meta.url))

/** Where everything is to be tested, a corpus that is not there is a failure. */
export const isCorpusTested = existsSync(corpus) || process.env['ASSAY_TEST_ALL'] === '1'

const small = path.join(corpus, 'schemaanalyst')

export const corpusFiles: readonly string[] = [
  'chinook.sql',
  'northwind.sql',
  'pagila.sql',
  'adventureworks.sql',
  'panoptes.sql',
  'temporal.sql',
  'graphile-starter.sql',
  ...(existsSync(small) ? readdirSync(small).map((file) => `schemaanalyst/${file}`) : []),
]

const extensions: Readonly<Record<string, readonly string[]>> = {
  'adventureworks.sql': ['uuid-ossp', 'tablefunc'],
  'panoptes.sql': ['intarray', 'pg_stat_statements', 'pg_trgm'],
  'graphile-starter.sql': ['citext', 'pgcrypto', 'uuid-ossp'],
}

export const corpusExtensions = (file: string): readonly string[] => extensions[file] ?? []

/** Without extensions, which a laboratory makes itself, and without commands of psql. */
export const readCorpus = (file: string): string =>
  readFileSync(path.join(corpus, file), 'utf8').replaceAll(
    /^\s*(?:(?:create|comment on) extension|\\).*$/gimu,
    '',
  )

const preludes: Readonly<Record<string, string>> = {
  'graphile-starter.sql': `create schema graphile_worker;
    create function graphile_worker.add_job(identifier text, payload json default null, queue_name text default null,
      run_at timestamptz default null, max_attempts int default null) returns int language sql as 'select 1';`,
}

/** The same, after what its triggers call and the file does not bring: graphile-worker's queue. */
export const readWholeCorpus = (file: string): string => `${preludes[file] ?? ''}${readCorpus(file)}`
