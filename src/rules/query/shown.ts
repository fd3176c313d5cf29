/** The columns that a statement returns, with the types that PostgreSQL gives them. */
import type { QueryForm } from '../../architecture/kinds/query.ts'
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { parameterTypes } from '../../postgres/prepared.ts'
import { tryEach } from '../trial.ts'
import { withValues } from './text.ts'

export interface ShownColumn {
  readonly name: string
  /** As PostgreSQL writes it. */
  readonly type: string
  /** It is the type that is stated for it. */
  readonly isStated: boolean
}

/** Null where PostgreSQL cannot make a table of them: two have one name. */
export const shownColumns = async (
  { sql, parameters }: QueryForm,
  stated: Readonly<Record<string, string>>,
  db: Session,
): Promise<readonly ShownColumn[] | null> => {
  const [prepared] = await tryEach(db, [], [parameterTypes(sql)])
  const types =
    prepared!.commands.find(({ columns }) => columns[0] === 'type')?.rows.map(([type]) => type!) ?? []
  const text = withValues(
    sql,
    parameters.map((_, i) => ({ text: null, type: types[i] ?? 'text' })),
  )
  const names = Object.entries(stated)
  const wanted = names.map(([name, type]) => `(${literal(name)}, ${literal(type)})`).join(', ')
  const [reply] = await tryEach(
    db,
    [],
    [
      [
        `create temp table assay_shown as ${text}\n with no data`,
        `select a.attname as name, pg_catalog.format_type(a.atttypid, null) as type,
                (pg_catalog.to_regtype(stated.type)::pg_catalog.oid = a.atttypid) is true as same
           from pg_catalog.pg_attribute a
           left join (values ${wanted === '' ? `('', '')` : wanted}) stated(name, type) on stated.name = a.attname
          where a.attrelid = 'pg_temp.assay_shown'::pg_catalog.regclass and a.attnum > 0
          order by a.attnum`,
      ],
    ],
  )
  if (reply!.fault) return null
  const listed = reply!.commands.find(({ columns }) => columns[0] === 'name')
  return (
    listed?.rows.map(([name, type, same]) => ({ name: name!, type: type!, isStated: same === 't' })) ?? null
  )
}
