/** Who else may write: settings that the functions ask for, and roles that have the privilege. */
import type { ObservedSetting } from '../../rules/observed/stage.ts'
import type { RuleContext } from '../../rules/rule-kind.ts'
import { qualified, literal } from '../../postgres/quote.ts'
import { literalText } from './literal-text.ts'
import type { TriggerReads } from './trigger-reads.ts'

type Asker = Pick<ObservedSetting, 'as' | 'settings' | 'beside'>

const mostRoles = 2
const mostValues = 4

/** Keys of the rows that a function may look a setting up in. */
const valuesFor = async ({ rows, table }: RuleContext, reads: TriggerReads): Promise<readonly string[]> => {
  const found: string[] = []
  for (const one of [...reads.tables, table]) {
    const base = await rows.base(one, 'a')
    const column = one.columns.find((c) => base?.[c.name] !== undefined && c.notNull)
    const text = column && base ? literalText(base[column.name]!) : null
    if (text !== null) found.push(text)
  }
  return [...new Set([...found, 'true', '1'])].slice(0, mostValues)
}

interface RoleRow {
  readonly name: string
}

/** Roles with a privilege to write here, other than the owner, superusers and those that pass every policy. */
const rolesOf = async ({ db, table }: RuleContext): Promise<readonly string[]> => {
  const name = literal(qualified(table))
  const rows = await db.json<RoleRow>(
    `select r.rolname as name from pg_catalog.pg_roles r
      join pg_catalog.pg_class c on c.oid = ${name}::pg_catalog.regclass
      where not r.rolsuper and not r.rolbypassrls and r.oid <> c.relowner and r.rolname !~ '^pg_'
        and pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER')
        and exists (select from pg_catalog.unnest(array['INSERT', 'UPDATE', 'DELETE']) privilege
          where pg_catalog.has_table_privilege(r.oid, c.oid, privilege)
            or (privilege <> 'DELETE' and pg_catalog.has_any_column_privilege(r.oid, c.oid, privilege)))
      order by r.rolname collate "C" limit ${mostRoles}`,
  )
  return rows.map((row) => row.name)
}

export const askers = async (context: RuleContext, reads: TriggerReads): Promise<readonly Asker[]> => {
  const roles: readonly (string | null)[] = [null, ...(await rolesOf(context))]
  const all = [...new Set([...reads.settings, ...reads.policySettings])]
  const values = all.length === 0 ? [] : await valuesFor(context, reads)
  const beside = Object.fromEntries(reads.tables.slice(0, 4).map((t) => [t.id, [{}]]))
  const everyTo = (value: string, names: readonly string[]) =>
    Object.fromEntries(names.map((name) => [name, literal(value)]))
  const settings = [
    ...reads.settings.flatMap((name) => values.map((value) => everyTo(value, [name]))),
    ...(reads.settings.length < 2 ? [] : values.map((value) => everyTo(value, reads.settings))),
    // Taken back after a transaction, a setting is empty, and not null.
    ...(reads.settings.length === 0 ? [] : [everyTo('', reads.settings)]),
  ]
  // Policies bind roles: what they ask for is always said to them, for what was never set is no evidence.
  const others =
    reads.policySettings.length === 0 ? settings : [...values, ''].map((value) => everyTo(value, all))
  return roles.flatMap((as) => [
    // Names that a function leaves open are not found on an empty path, which is no concern of one that has none.
    ...(as === null && reads.hasOwnPath ? [{ as, settings: { search_path: `''` }, beside: {} }] : []),
    ...(as !== null && reads.policySettings.length === 0 ? [{ as, settings: {}, beside: {} }] : []),
    ...(as === null ? settings : others).flatMap((set) => [
      { as, settings: set, beside: {} },
      ...(Object.keys(beside).length === 0 ? [] : [{ as, settings: set, beside }]),
    ]),
  ])
}
