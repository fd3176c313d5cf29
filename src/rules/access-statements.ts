/**
 * A statement for each privilege that needs that privilege and no other, and that touches no row: what a role may
 * do is done, what it may not is tried.
 */
import type { TablePrivilege, VisibleToRule } from '../architecture/kinds/visible-to.ts'
import type { Column, Table } from '../catalog/table.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import { isTaken, tryAll } from './attacks/trial.ts'
import type { Asker, Expected } from './experiment.ts'
import { plannedSettings } from './planned-settings.ts'
import type { RuleContext } from './rule-kind.ts'
import { listed } from './sentence.ts'

export interface AccessCase {
  readonly title: string
  readonly as: Asker
  readonly when: readonly string[]
  readonly then: Expected
  readonly mend: string
}

/** What each privilege is called in a title. */
const verbs: Readonly<Record<Exclude<TablePrivilege, 'references' | 'maintain'>, string>> = {
  select: 'reads',
  insert: 'inserts',
  update: 'updates',
  delete: 'deletes rows',
  truncate: 'truncates the table',
  trigger: 'puts a trigger on the table',
}

/** Columns that a statement may write: a generated one is refused for another reason. */
const written = (columns: readonly Column[]): readonly Column[] => columns.filter((c) => c.generated === null)

const columnStatements = {
  select: (table: Table, columns: readonly Column[]) =>
    `select ${identList(columns.map((c) => c.name))} from ${qualified(table)} where false`,
  insert: (table: Table, columns: readonly Column[]) =>
    `insert into ${qualified(table)} (${identList(columns.map((c) => c.name))}) overriding system value select ${columns.map((c) => `null::${c.type}`).join(', ')} where false`,
  update: (table: Table, columns: readonly Column[]) =>
    `update ${qualified(table)} set ${columns.map((c) => `${ident(c.name)} = default`).join(', ')} where false`,
} as const

const tableStatements = {
  delete: (table: Table) => `delete from ${qualified(table)} where false`,
  truncate: (table: Table) => `truncate ${qualified(table)}`,
  trigger: (table: Table) =>
    `create trigger assay_probe before update on ${qualified(table)} for each row execute function pg_catalog.suppress_redundant_updates_trigger()`,
} as const

const accepted: Expected = { kind: 'accepted' }

const refused: Expected = { kind: 'rejected', by: { sqlstate: '42501', routine: 'aclcheck_error' } }

interface Draft {
  readonly title: string
  readonly sql: string
  readonly then: Expected
}

/** A privilege that can be given by column: all granted ones at once, each other one alone. */
const columnDrafts = (
  privilege: keyof typeof columnStatements,
  rule: VisibleToRule,
  table: Table,
): readonly Draft[] => {
  const may = rule.privileges[privilege]
  const columns = privilege === 'select' ? table.columns : written(table.columns)
  const allowed = columns.filter((c) => may === true || may?.includes(c.name))
  // With nothing granted at all, the list of columns says the rest.
  const forbidden = allowed.length === 0 ? columns.slice(0, 1) : columns.filter((c) => !allowed.includes(c))
  const sql = columnStatements[privilege]
  const what = may === true ? 'every column' : listed(allowed.map((c) => c.name))
  return [
    ...(allowed.length === 0
      ? []
      : [{ title: `${rule.role} ${verbs[privilege]} ${what}`, sql: sql(table, allowed), then: accepted }]),
    ...forbidden.map((c) => ({
      title: `${rule.role} ${verbs[privilege]} ${c.name}: refused`,
      sql: sql(table, [c]),
      then: refused,
    })),
  ]
}

const tableDraft = (privilege: keyof typeof tableStatements, rule: VisibleToRule, table: Table): Draft => {
  const may = rule.privileges[privilege] === true
  return {
    title: `${rule.role} ${verbs[privilege]}${may ? '' : ': refused'}`,
    sql: tableStatements[privilege](table),
    then: may ? accepted : refused,
  }
}

/**
 * REFERENCES needs a table of the role's own, and MAINTAIN leaves no trace: the list of privileges alone shows them. A statement that
 * PostgreSQL refuses to the owner too (a statement trigger, a table that others refer to) shows nothing about
 * privileges: EXPLAIN checks them and runs nothing, and where that does not help the list shows it.
 */
export const accessStatements = async (
  rule: VisibleToRule,
  context: RuleContext,
  mend: string,
): Promise<readonly AccessCase[]> => {
  const { db, table } = context
  const drafts = [
    ...columnDrafts('select', rule, table),
    ...columnDrafts('insert', rule, table),
    ...columnDrafts('update', rule, table),
    tableDraft('delete', rule, table),
    tableDraft('truncate', rule, table),
    tableDraft('trigger', rule, table),
  ]
  const forms = drafts.flatMap((d) => [d.sql, `explain (costs off) ${d.sql}`])
  const tried = await tryAll(
    db,
    { statements: [] },
    forms.map((sql) => ({ when: [sql] })),
  )
  const taken = forms.filter((_, i) => isTaken(tried[i]!))
  const { role } = rule
  const settings = await plannedSettings(context, { statements: [] }, (tryThese) =>
    taken.map((sql) => ({ as: { role, settings: tryThese }, when: [sql] })),
  )
  const as: Asker = { role, settings }
  // Policies may be those of tables below a view.
  const isGuarded = [...context.catalog.structures.values()].some(({ kind }) => kind === 'policy')
  const readAs =
    isGuarded || table.kind === 'view'
      ? await tryAll(
          db,
          { statements: [] },
          forms.map((sql) => ({ as, when: [sql] })),
        )
      : []
  // Policies that come back to their own table refuse every statement before a privilege is looked at: lists show those.
  const isEndless = (n: number): boolean => readAs[n]?.fault?.sqlstate === '42P17'
  // A view with its caller's rights, and a policy, read other tables in the role's name: no rule of this one gives that.
  const isOfAnother = (n: number): boolean => {
    const fault = readAs[n]?.fault
    return fault?.sqlstate === '42501' && !fault.message.endsWith(` ${table.name}`)
  }
  return drafts.flatMap((draft, i) => {
    const at = [2 * i, 2 * i + 1].find((n) => isTaken(tried[n]!))
    if (at !== undefined && (isEndless(at) || (draft.then === accepted && isOfAnother(at)))) return []
    return at === undefined ? [] : [{ title: draft.title, as, when: [forms[at]!], then: draft.then, mend }]
  })
}
