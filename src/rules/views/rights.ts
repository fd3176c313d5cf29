/** With whose rights a view reads its tables, shown by a role that may read the view and not what stands under it. */
import type { ViewRule } from '../../architecture/kinds/view.ts'
import type { GrantFacts } from '../../catalog/grant.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { tryAll } from '../attacks/trial.ts'
import type { Case } from '../draft.ts'
import { rowsAre } from '../draft.ts'
import { plannedSettings } from '../planned-settings.ts'
import type { RuleContext } from '../rule-kind.ts'
import type { Shown } from './shows.ts'

/** Roles that the declaration or the catalog speaks of: the application's first, then by name. */
const rolesKnown = ({ catalog, architecture }: RuleContext, owner: string): readonly string[] => {
  const granted = [...catalog.structures.values()]
    .filter((s) => s.kind === 'grant')
    .flatMap((s) => (s as Structure<GrantFacts>).facts.grantee ?? [])
    .toSorted()
  const app = architecture.identity?.role
  return [...new Set([...(app === undefined ? [] : [app]), ...granted])].filter((role) => role !== owner)
}

const schemasOf = (names: readonly { readonly schema: string }[]): readonly string[] =>
  [...new Set(names.map((n) => n.schema))].map((schema) => ident(schema))

/** Views under this one are relations whose rights count, too. */
const viewsUnder = (view: Structure, catalog: Catalog): readonly { schema: string; name: string }[] =>
  view.dependsOn.flatMap((id) => {
    const on = catalog.structures.get(id)
    return on?.kind === 'view' || on?.kind === 'materializedView'
      ? [on.facts as { schema: string; name: string }]
      : []
  })

/**
 * The role may read the view. What stands under it is forbidden to everybody but its owner: a view with its owner's
 * rights answers all the same, one with its caller's refuses.
 */
export const rightsCases = async (
  context: RuleContext,
  rule: ViewRule,
  { view, filled, owner }: Shown,
): Promise<readonly Case[]> => {
  const { table, catalog, db } = context
  const under = [...filled.tables.map((t) => t.table), ...viewsUnder(view, catalog)]
  if (under.length === 0) return []
  const relation = qualified(table)
  for (const role of rolesKnown(context, owner)) {
    const name = ident(role)
    const given = [
      `grant usage on schema ${schemasOf([table, ...under]).join(', ')} to ${name}`,
      `grant select on ${relation} to ${name}`,
      ...under.map((one) => `revoke all on ${qualified(one)} from public, ${name}`),
    ]
    const when = [`select count(*) from ${relation}`]
    const settings = await plannedSettings(context, filled.world, (tryThese) => [
      { as: { role, settings: tryThese }, given, when },
    ])
    const as = { role, settings }
    const then: Case['then'] = rule.securityInvoker
      ? { kind: 'rejected', by: { sqlstate: '42501' } }
      : { kind: 'accepted' }
    const other = `set (security_invoker = ${rule.securityInvoker ? 'false' : 'true'})`
    const [own, flipped] = await tryAll(db, filled.world, [
      { as, given, when },
      { as, given: [...given, `alter view ${relation} ${other}`], when },
    ])
    if (!own?.ran || !flipped?.ran || (own.fault === null) === (flipped.fault === null)) continue
    const title = rule.securityInvoker
      ? `${role} reads it with rights of its own: refused where it may not read the tables`
      : `${role} reads it without any right on its tables`
    return [{ title, as, given, when, then }]
  }
  return []
}

/** What of a view's options PostgreSQL keeps, each as it was declared. */
export const optionsCase = (rule: ViewRule, { table, catalog }: RuleContext): Case => {
  const on = (name: string): string =>
    `(select coalesce(bool_or(option_value::boolean), false) from pg_catalog.pg_options_to_table(c.reloptions) where option_name = ${literal(name)})`
  const invoker = catalog.major >= 15 ? on('security_invoker') : 'false'
  return {
    title: 'its options are as declared: whose rights it reads with, its barrier, its check option',
    when: [
      `select ${invoker}, ${on('security_barrier')}, (select option_value from pg_catalog.pg_options_to_table(c.reloptions) where option_name = 'check_option') from pg_catalog.pg_class c where c.oid = ${literal(qualified(table))}::regclass`,
    ],
    then: rowsAre([rule.securityInvoker ? 't' : 'f', rule.securityBarrier ? 't' : 'f', rule.checkOption]),
  }
}

/** Columns whose values tell a row that is shown from one that is not. */
const mostPeeked = 6

/** A function of the asker's own, cheaper than the view's conditions, that throws when it sees a value that is not shown. */
export const barrierCases = async (
  context: RuleContext,
  rule: ViewRule,
  { filled, told, owner }: Shown,
): Promise<readonly Case[]> => {
  if (!rule.securityBarrier) return []
  const { table, db } = context
  const relation = qualified(table)
  const as = { role: owner, settings: {} }
  const cases = told.flatMap((one) =>
    table.columns.slice(0, mostPeeked).map(({ name }) => ({
      as,
      given: [
        ...one.changes.map((change) => change.sql),
        `select pg_catalog.set_config('assay.shown', (select coalesce(array_agg(${ident(name)}::text), '{}')::text from ${relation}), true)`,
        `create function pg_temp.assay_peek(one anyelement) returns boolean language plpgsql immutable cost 0.0001 as $peek$ begin if one::text = any (current_setting('assay.shown')::text[]) then return true; end if; raise exception 'a row that is not shown'; end $peek$`,
      ],
      when: [`select count(*) from ${relation} where pg_temp.assay_peek(${ident(name)})`],
    })),
  )
  const answers = await tryAll(
    db,
    filled.world,
    cases.flatMap((one) => [
      one,
      { ...one, given: [...one.given, `alter view ${relation} reset (security_barrier)`] },
    ]),
  )
  const at = cases.findIndex(
    (_, i) => !answers[2 * i]?.fault && answers[2 * i + 1]?.fault?.sqlstate === 'P0001',
  )
  const found = cases[at]
  return found
    ? [
        {
          ...found,
          title: 'a function of who asks sees no row that it does not show',
          then: { kind: 'accepted' },
        },
      ]
    : []
}
