/**
 * Extended statistics (CREATE STATISTICS). They change what the planner expects, never an answer: `t.statistics(…)` and
 * budgets of estimates prove them RED by taking them away, and they have no further mutants.
 */
import { relationId, structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'
import { commentOn } from './dependency/dependent-ddl.ts'
import type { StructureKind } from './structure.ts'
import { notOfExtension, userSchema } from './tables-sql.ts'
import { usedIds, usesSql, type Use } from './uses.ts'

export interface StatisticsFacts {
  readonly schema: string
  readonly name: string
  /** pg_get_statisticsobjdef, whole. */
  readonly statement: string
  readonly comment: string | null
}

interface StatisticsRow extends StatisticsFacts {
  readonly tableSchema: string
  readonly tableName: string
  /** What follows CREATE STATISTICS and the name. */
  readonly rest: string
  readonly uses: readonly Use[]
}

const statisticsSql = `
  select
    n.nspname as schema, s.stxname as name, cn.nspname as "tableSchema", c.relname as "tableName",
    pg_catalog.pg_get_statisticsobjdef(s.oid) as statement,
    substr(pg_catalog.pg_get_statisticsobjdef(s.oid),
      1 + length(pg_catalog.format('CREATE STATISTICS %I.%I ', n.nspname, s.stxname))) as rest,
    pg_catalog.obj_description(s.oid, 'pg_statistic_ext') as comment,
    ${usesSql('pg_statistic_ext', 's.oid')} as uses
  from pg_catalog.pg_statistic_ext s
  join pg_catalog.pg_namespace n on n.oid = s.stxnamespace
  join pg_catalog.pg_class c on c.oid = s.stxrelid
  join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f') and ${userSchema('n')} and ${notOfExtension('pg_statistic_ext', 's.oid')}
  order by n.nspname collate "C", s.stxname collate "C"`

export const statisticsKind: StructureKind<StatisticsFacts> = {
  kind: 'statistics',
  isMadeAnew: true,
  read: async (db: Session) =>
    (await db.json<StatisticsRow>(statisticsSql)).map(({ tableSchema, tableName, rest, uses, ...facts }) => {
      const table = relationId({ schema: tableSchema, name: tableName })
      return {
        id: structureId(table, 'statistics', facts.name),
        kind: 'statistics',
        table,
        name: facts.name,
        definition: rest,
        dependsOn: usedIds(uses),
        facts,
      }
    }),
  create: ({ facts }) => [facts.statement, ...commentOn(`statistics ${qualified(facts)}`, facts.comment)],
  drop: ({ facts }) => [`drop statistics ${qualified(facts)}`],
  mutants: () => [],
  notMutated:
    'it changes what the planner expects, never an answer: t.statistics(…) takes it away, and asks for estimates',
}
