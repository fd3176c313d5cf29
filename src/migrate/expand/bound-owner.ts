/**
 * Row-level security that binds its owner too (FORCE) would hide rows from phases that read a whole table. While a
 * change lasts, a policy of their own lets the role that runs them see all, in a session that says so and nowhere else;
 * for a key that is drawn anew inside of triggers too, which look up rows for whoever writes.
 * Where it would not (another role, a restrictive policy), they refuse instead of looking at a part.
 */
import type { Catalog } from '../../catalog/structure.ts'
import { relationId, structureId, type RelationName } from '../../ground/names.ts'
import type { Finding } from '../../prove/result.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import { kindOfShape } from './kinds/kinds.ts'
import { drawnRights, drawnRightsBound } from './key/drawn/function-text.ts'
import { lockTimeoutOfSeveral } from '../changes/lock-timeouts.ts'
import { rowsCondition, rowsPolicyName, seesAllRows } from '../files/rows-policy.ts'
import type { PhaseText, Shape } from './shape.ts'

/** `standing` were there before the change; the others come with it. */
interface Bound {
  readonly standing: readonly RelationName[]
  readonly coming: readonly RelationName[]
}

const tablesOf = (shape: Shape): readonly RelationName[] => {
  if (shape.kind === 'rename-table') return []
  if (shape.kind === 'key') return shape.parts.map(({ table }) => table)
  return shape.kind === 'move' ? [shape.table, shape.other] : [shape.table]
}

const boundIn = (shape: Shape, tables: Catalog['tables']): Bound => ({
  standing: tablesOf(shape).filter((table) => tables.get(relationId(table))?.forceRowSecurity === true),
  coming: shape.kind === 'move' ? shape.bound.filter((table) => !tables.has(relationId(table))) : [],
})

const policyOf = ({ name }: Shape): string => rowsPolicyName(name)

const isDrawn = (shape: Shape): boolean => shape.kind === 'key' && shape.drawn !== undefined

const drop = (shape: Shape, table: RelationName): string =>
  `drop policy if exists ${ident(policyOf(shape))} on ${qualified(table)};\n`

const make = (shape: Shape, table: RelationName): string => {
  const sees = rowsCondition(isDrawn(shape))
  return `${drop(shape, table)}create policy ${ident(policyOf(shape))} on ${qualified(table)} to current_user using (${sees}) with check (${sees});\n`
}

/** Nothing is looked at by whoever would see a part of it. */
const refuse = (shape: Shape, tables: readonly RelationName[]): string => `do $sql$
declare
  hidden text;
begin
  select pg_catalog.string_agg(c.oid::pg_catalog.regclass::text, ', ') into hidden
  from pg_catalog.pg_class c
  where c.oid in (${tables.map((table) => `pg_catalog.to_regclass(${literal(qualified(table))})`).join(', ')}) and pg_catalog.row_security_active(c.oid)
    and (not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid and p.polname = ${literal(policyOf(shape))}
        and p.polroles @> array[(select r.oid from pg_catalog.pg_roles r where r.rolname = current_user)])
      or exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid and not p.polpermissive));
  if hidden is not null then
    raise exception using message = 'row-level security hides rows of ' || hidden || ' from ' || current_user,
      errcode = 'insufficient_privilege', hint = 'Run it as the role that ran the phase expand, or as one with BYPASSRLS.';
  end if;
end
$sql$;
`

const isInOne = (text: string): boolean => !/^-- assay: transaction none$/mu.test(text)

/** Each table in a transaction of its own, or in that of the whole script. */
const timed = (text: string, statements: readonly string[]): string => {
  const timeout = `set local lock_timeout = ${lockTimeoutOfSeveral};\n`
  return isInOne(text)
    ? `${timeout}${statements.join('')}`
    : statements.map((sql) => `begin;\n${timeout}${sql}commit;\n`).join('\n')
}

/** Behind the comment at its head. */
const before = (text: string, statements: readonly string[]): string => {
  if (statements.length === 0) return text
  const head = /^(?:--.*\n)*\n?/u.exec(text)?.[0] ?? ''
  return `${head}${timed(text, statements)}\n${text.slice(head.length)}`
}

const behind = (text: string, statements: readonly string[]): string =>
  statements.length === 0 ? text : `${text}\n${timed(text, statements)}`

const seeing = (shape: Shape, text: string, tables: readonly RelationName[]): string =>
  text
    // Without it the function would refuse every write: policies take part, and show it all.
    .replaceAll(drawnRights, drawnRightsBound)
    .replaceAll(
      /^set row_security = off;$\n/gmu,
      () => `set ${seesAllRows} = 'on';\n${refuse(shape, tables)}`,
    )
    .replaceAll(
      /^set local row_security = off;$\n/gmu,
      () => `set local ${seesAllRows} = 'on';\n${refuse(shape, tables)}`,
    )

/** Told once, when the change begins. */
export const boundOwnerNotes = (shape: Shape, tables: Catalog['tables']): readonly Finding[] =>
  boundIn(shape, tables).standing.map((table) => ({
    code: 'expand.bound-owner',
    severity: 'warning',
    structure: relationId(table),
    summary: `${relationId(table)} binds its owner by row-level security: a policy lets the role that migrates see all rows while the change lasts`,
    why: 'phases read every row; where the application logs in as that same role, the policy takes part in its queries, and they may lose their indexes',
    fix: 'Run the migrations as another role than the application: one that is a member of the owner, or has BYPASSRLS.',
  }))

/** The texts of a change for tables that bind their owner; as they are where none does. */
export const forBoundOwner = (shape: Shape, text: PhaseText, known: Catalog['tables']): PhaseText => {
  const { standing, coming } = boundIn(shape, known)
  const tables = [...standing, ...coming]
  if (tables.length === 0) return text
  const { phases } = kindOfShape(shape)
  const isFirst = text.phase === 'expand'
  const isLast = text.phase === phases.at(-1)
  const up = seeing(shape, text.up, tables)
  const down = text.down === null ? null : seeing(shape, text.down, tables)
  const policies = (of: readonly RelationName[]): readonly string[] => of.map((table) => make(shape, table))
  const drops = standing.map((table) => drop(shape, table))
  const downOf = (script: string): string => {
    if (isFirst) return behind(script, drops)
    if (!isLast) return script
    // Back where the phase before it stands; one that has no other leaves nothing.
    const again = before(script, policies(standing))
    return phases.length === 1 ? behind(again, drops) : again
  }
  const upOf = (script: string): string => {
    if (isFirst) return behind(before(script, policies(standing)), policies(coming))
    return isLast ? behind(script, drops) : script
  }
  return {
    ...text,
    up: upOf(up),
    down: down === null ? null : downOf(down),
    temporary: isLast
      ? text.temporary
      : [
          ...text.temporary,
          ...tables.map((table) => structureId(relationId(table), 'policy', policyOf(shape))),
        ],
  }
}
