/** Constraints that never looked at the rows that were there: NOT VALID, and whether they could be validated now. */
import { checksOf } from '../../catalog/check.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import type { ReferencesFacts } from '../../catalog/foreign-key.ts'
import { referencesOf } from '../../catalog/references.ts'
import type { RequiredFacts } from '../../catalog/required.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Reply, Session } from '../../postgres/session.ts'
import type { RelationName } from '../../ground/names.ts'
import type { Finding } from '../../prove/result.ts'
import { askEach } from '../../rows/savepoint.ts'
import { askJson } from './ask-json.ts'
import type { FindingKind } from './finding-kind.ts'

interface Unvalidated {
  readonly structure: Structure
  readonly of: string
  readonly name: string
  /** `select … from …` of rows that break it; null where rows of many tables would have to be asked. */
  readonly breaking: string | null
  /** Those that it names. */
  readonly tables: readonly RelationName[]
  readonly validate: string
}

const validate = (table: Table, name: string): string =>
  `alter table ${qualified(table)} validate constraint ${ident(name)};`

const orphans = (catalog: Catalog, table: Table, facts: ReferencesFacts): string | null => {
  const target = catalog.tables.get(facts.target)
  if (!target || facts.period) return null
  const pairs = facts.columns.map(
    (column, i) => `there.${ident(facts.targetColumns[i] ?? '')} = here.${ident(column)}`,
  )
  const present = facts.columns.map((column) => `here.${ident(column)} is not null`)
  const none = `not exists (select from ${qualified(target)} there where ${pairs.join(' and ')})`
  const asked =
    facts.match === 'full'
      ? `not (${facts.columns.map((column) => `here.${ident(column)} is null`).join(' and ')})`
      : present.join(' and ')
  return `select from ${qualified(table)} here where ${asked} and ${none}`
}

/** Names of NOT NULL constraints, which PostgreSQL keeps since 18. */
const requiredNamesSql = `
  select n.nspname as schema, c.relname as table, a.attname as column, k.conname as name
  from pg_catalog.pg_constraint k
  join pg_catalog.pg_class c on c.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]
  where k.contype = 'n' and not k.convalidated and k.conislocal`

interface RequiredName {
  readonly schema: string
  readonly table: string
  readonly column: string
  readonly name: string
}

const ofTable = (
  catalog: Catalog,
  table: Table,
  required: readonly RequiredName[],
): readonly Unvalidated[] => [
  ...checksOf(catalog, table.id).flatMap((structure): Unvalidated[] => {
    const { name, notValid, notEnforced, expression } = structure.facts
    if (!notValid || notEnforced) return []
    const breaking = `select from ${qualified(table)} where not (${expression}\n)`
    return [{ structure, of: table.id, name, breaking, tables: [table], validate: validate(table, name) }]
  }),
  ...(catalog.of(table.id, 'required') as readonly Structure<RequiredFacts>[]).flatMap(
    (structure): Unvalidated[] => {
      const { column, notValid } = structure.facts
      const known = required.find(
        (row) => row.schema === table.schema && row.table === table.name && row.column === column,
      )
      if (!notValid || !known) return []
      const breaking = `select from ${qualified(table)} where ${ident(column)} is null`
      const { name } = known
      return [{ structure, of: table.id, name, breaking, tables: [table], validate: validate(table, name) }]
    },
  ),
  ...referencesOf(catalog, table.id).flatMap((structure): Unvalidated[] => {
    const { facts, name } = structure
    if (!facts.notValid || facts.notEnforced) return []
    const breaking = orphans(catalog, table, facts)
    const target = catalog.tables.get(facts.target)
    const tables = target ? [table, target] : [table]
    return [{ structure, of: table.id, name, breaking, tables, validate: validate(table, name) }]
  }),
]

const ofDomains = (catalog: Catalog): readonly Unvalidated[] =>
  [...catalog.structures.values()].flatMap((structure) => {
    if (structure.kind !== 'domain') return []
    const facts = structure.facts as DomainFacts
    return facts.checks
      .filter(({ validated }) => !validated)
      .map(({ name }) => ({
        structure,
        of: structure.id,
        name,
        breaking: null,
        tables: [],
        validate: `alter domain ${qualified(facts)} validate constraint ${ident(name)};`,
      }))
  })

/** A table of millions may take longer than anybody wants to wait here. */
const patience = '2s'

/**
 * What the rows say: they keep it, they break it, the session may not read them, policies hide some of them, or (null)
 * it was not found out.
 */
type Answer = 'kept' | 'broken' | 'forbidden' | 'hidden' | null

const answerOf = (reply: Reply | undefined): Answer => {
  if (reply?.fault?.sqlstate === '42501')
    return reply.fault.message.includes('row-level security') ? 'hidden' : 'forbidden'
  if (!reply || reply.fault) return null
  return (reply.commands.at(-1)?.rows.length ?? 0) > 0 ? 'broken' : 'kept'
}

const askRows = async (source: Session, all: readonly Unvalidated[]): Promise<readonly Answer[]> => {
  const asked = all.flatMap((one, i) => (one.breaking === null ? [] : [{ i, sql: one.breaking }]))
  const replies = await askEach(
    source,
    // Rows that a policy hides would be taken for none: off, it refuses instead.
    asked.map(
      ({ sql }) =>
        `set local statement_timeout = ${literal(patience)}; set local row_security = off;\n${sql} limit 1`,
    ),
  )
  const answers = new Map(asked.map(({ i }, k) => [i, answerOf(replies[k])]))
  return all.map((_one, i) => answers.get(i) ?? null)
}

const wordsOf = (answer: Answer, role: string): string => {
  if (answer === 'kept') return 'every row that is there keeps it'
  if (answer === 'broken') return 'there are rows that break it'
  if (answer === 'forbidden') return `${role} may not read the rows that are there`
  if (answer === 'hidden') return `policies hide rows that are there from ${role}`
  return 'whether the rows that are there keep it was not found out'
}

/** How the session comes to read them; each table that the question names. */
const grantsFor = ({ tables }: Unvalidated, role: string): readonly string[] => [
  ...new Set(tables.map(({ schema }) => `grant usage on schema ${ident(schema)} to ${ident(role)};`)),
  ...tables.map((table) => `grant select on ${qualified(table)} to ${ident(role)};`),
]

const finding = (one: Unvalidated, answer: Answer, role: string): Finding => {
  const { structure, of, name, breaking } = one
  const look = breaking === null ? [] : [`${breaking.replace('select from', 'select * from')};`]
  const toDo =
    answer === 'kept'
      ? 'validate it (it takes no lock that keeps writers out)'
      : answer === 'forbidden'
        ? 'let the role read them and adopt again, or look yourself; then validate it'
        : answer === 'hidden'
          ? 'look as the owner of the table or as a role with BYPASSRLS; then validate it'
          : `put right the rows that break it${breaking === null ? '' : ' (the first statement finds them)'}, then validate it`
  const statements = [
    ...(answer === 'forbidden' ? grantsFor(one, role) : []),
    ...(answer === 'kept' ? [] : look),
    one.validate,
  ]
  return {
    code: 'adopt.constraint-not-valid',
    severity: answer === 'broken' ? 'warning' : 'note',
    structure: structure.id,
    summary: `${of}: ${name} is NOT VALID: ${wordsOf(answer, role)}`,
    reason: 'a constraint was never validated',
    why: 'new rows are checked and those that were there before are not, so nobody may rely on it: the planner does not, either',
    fix: `${toDo}:\n${statements.join('\n')}`,
  }
}

export const constraintNotValid: FindingKind = {
  codes: ['adopt.constraint-not-valid'],
  find: async ({ copy, source, catalog }) => {
    const required = await askJson<RequiredName>(copy, requiredNamesSql)
    const all = [
      ...ofDomains(catalog),
      ...[...catalog.tables.values()].flatMap((table) => ofTable(catalog, table, required)),
    ]
    if (all.length === 0) return []
    // A copy has no rows: that none of them breaks it says nothing.
    const answers = source === null ? [] : await askRows(source, all)
    const { user } = (source ?? copy).address
    return all.map((one, i) => finding(one, answers[i] ?? null, user))
  },
}
