/** Indexes that PostgreSQL does not use: a CREATE INDEX CONCURRENTLY that failed leaves one behind. */
import { relationId, structureId } from '../../ground/names.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { askJson } from './ask-json.ts'
import type { FindingKind } from './finding-kind.ts'

interface InvalidRow {
  readonly schema: string
  readonly table: string
  readonly name: string
  readonly unique: boolean
}

/** Of a partitioned table an index is invalid until every partition has its part: another matter. */
const invalidSql = `
  select n.nspname as schema, t.relname as table, c.relname as name, i.indisunique as unique
  from pg_catalog.pg_index i
  join pg_catalog.pg_class c on c.oid = i.indexrelid and c.relkind = 'i'
  join pg_catalog.pg_class t on t.oid = i.indrelid and t.relkind = 'r'
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  where not i.indisvalid and n.nspname !~ '^pg_'
  order by n.nspname collate "C", t.relname collate "C", c.relname collate "C"`

export const indexInvalid: FindingKind = {
  codes: ['adopt.index-invalid'],
  find: async ({ copy, source, catalog }) => {
    const rows = await askJson<InvalidRow>(source ?? copy, invalidSql)
    return rows.flatMap((row): Finding[] => {
      const table = relationId({ schema: row.schema, name: row.table })
      if (!catalog.tables.has(table)) return []
      const known = catalog
        .of(table)
        .find(({ name, kind }) => name === row.name && /^(?:index|unique)$/u.test(kind))
      return [
        {
          code: 'adopt.index-invalid',
          severity: 'warning',
          structure: known?.id ?? structureId(table, 'index', row.name),
          summary: `${table}: index ${row.name} is invalid: no statement is found by it${row.unique ? ', and whether rows are unique was never settled' : ''}`,
          reason: 'an index is invalid',
          why: 'building it CONCURRENTLY was broken off or failed; every write still pays for it',
          fix: `build it again (outside a transaction with CONCURRENTLY), or drop it${row.unique ? '; rows that are the same have to go first' : ''}:\nreindex index ${qualified({ schema: row.schema, name: row.name })};`,
        },
      ]
    })
  },
}
