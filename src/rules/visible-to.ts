/**
 * visibleTo: a role may do exactly this with a table, and nothing else. What is granted is done and what is not is
 * tried, in statements that touch no row, so that neither policies nor contents have a say; then PostgreSQL is
 * asked for the whole list, of the role, of PUBLIC, and of what the role may hand on.
 */
import type { VisibleToRule } from '../architecture/kinds/visible-to.ts'
import type { Table } from '../catalog/table.ts'
import { ident, identList } from '../postgres/quote.ts'
import { accessQuestions, grantsFor, type AccessSubject } from './access.ts'
import { accessStatements } from './access-statements.ts'
import { tryOut } from './attacks/trial.ts'
import { relationOfId, tableText } from './ddl.ts'
import { rulesOf } from './declared.ts'
import type { Experiment, Expected, World } from './experiment.ts'
import { columnPrivileges, privilegesOf } from './role-privileges.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { listed, noun } from './sentence.ts'
import { grantsAround, neededFor, privilegesAround, readSurroundings } from './surroundings.ts'

type Granted = VisibleToRule['privileges']
type Answer = readonly (readonly string[])[]

const grantee = (role: string): string => (role === 'public' ? 'public' : ident(role))

/** `select, insert ("a", "b")`: as GRANT lists them. */
const granted = (privileges: Granted): readonly string[] =>
  Object.entries(privileges).flatMap(([privilege, columns]) => {
    if (columns === undefined) return []
    return columns === true
      ? [privilege]
      : columns.length === 0
        ? []
        : [`${privilege} (${identList(columns)})`]
  })

/** Names of the privileges of which there is some. */
const named = (privileges: Granted): readonly string[] =>
  Object.keys(privileges).filter((one) => granted({ [one]: privileges[one as keyof Granted] }).length > 0)

const grants = ({ privileges, grantable = [], table, role }: VisibleToRule): readonly string[] => {
  const some = (isGrantable: boolean): Granted =>
    Object.fromEntries(
      Object.entries(privileges).filter(
        ([privilege]) => grantable.some((one) => one === privilege) === isGrantable,
      ),
    )
  return [false, true].flatMap((isGrantable) => {
    const list = granted(some(isGrantable))
    return list.length === 0
      ? []
      : [
          `grant ${list.join(', ')} on table ${tableText(table)} to ${grantee(role)}${isGrantable ? ' with grant option' : ''};`,
        ]
  })
}

/** Takes away whatever stands and gives what is declared: right whatever the hole was. */
const mendOf = (rule: VisibleToRule): string =>
  [`revoke all on table ${tableText(rule.table)} from ${grantee(rule.role)};`, ...grants(rule)].join('\n')

/** What `heldTablePrivileges` shall answer. */
const tableWide = (privileges: Granted, major: number): Answer =>
  privilegesOf(major).flatMap((p) => (privileges[p] === true ? [[p]] : []))

/** What `heldColumnPrivileges` shall answer. */
const byColumn = (privileges: Granted, table: Table): Answer =>
  columnPrivileges.flatMap((privilege) => {
    const columns = privileges[privilege]
    if (columns === undefined) return []
    return table.columns
      .filter((c) => columns === true || columns.includes(c.name))
      .map((c) => [privilege, c.name])
  })

/** What `heldAnywhere` shall answer. */
const anywhere = (rules: readonly VisibleToRule[], major: number): Answer =>
  privilegesOf(major).flatMap((p) =>
    rules.some(
      ({ privileges }) =>
        (privileges[p] ?? []) === true || ((privileges[p] ?? []) as readonly string[]).length > 0,
    )
      ? [[p]]
      : [],
  )

const inOrder = (a: readonly string[], b: readonly string[]): number => {
  const at = a.findIndex((text, i) => text !== b[i])
  return at < 0 ? 0 : a[at]! < b[at]! ? -1 : 1
}

/** Found, and what is needed on top of it. */
const withNeeds = (found: Answer, needed: Answer): Answer =>
  [...new Map([...found, ...needed].map((row) => [row.join('\0'), row])).values()].toSorted(inOrder)

const sentenceOf = (rule: VisibleToRule): string => {
  const who = rule.role === 'public' ? 'everybody' : `the role ${rule.role}`
  const words = Object.entries(rule.privileges).flatMap(([privilege, columns]) =>
    columns === undefined ? [] : [columns === true ? privilege : `${privilege} ${listed(columns)} of`],
  )
  return words.length === 0
    ? `${who} may do nothing with ${noun(rule.table)}`
    : `${who} may ${listed(words)} ${noun(rule.table)}${rule.grantable ? `, grant ${listed(rule.grantable)} to others` : ''}, and nothing else`
}

const rowsOf = (rows: Answer): Expected => ({ kind: 'rows', rows })

/** The whole lists, one experiment each. */
const lists = async (
  rule: VisibleToRule,
  { db, table, catalog, architecture }: RuleContext,
): Promise<readonly { title: string; when: readonly string[]; then: Expected; mend: string }[]> => {
  const { role, privileges, grantable = [] } = rule
  const { major } = catalog
  const around = await readSurroundings(db, table)
  const questions = accessQuestions(role, table, major, around)
  const ask = (subject: AccessSubject) => ({ when: [questions[subject].trim()], mend: mendOf(rule) })
  const forAll = rulesOf<VisibleToRule>(architecture, rule.table, 'visibleTo').filter(
    (r) => r.role === 'public',
  )
  const found = await tryOut(db, { statements: [] }, { when: [questions.around] })
  const held = found.rows as Answer
  const needed = neededFor(around, { role, privileges: named(privileges) })
  const relation = tableText(rule.table)
  return [
    {
      ...ask('table'),
      title: `${role} has exactly these privileges on the whole table`,
      then: rowsOf(tableWide(privileges, major)),
    },
    {
      ...ask('columns'),
      title: `${role} may use exactly these columns`,
      then: rowsOf(byColumn(privileges, table)),
    },
    {
      ...ask('handed on'),
      title: grantable.length === 0 ? `${role} may hand nothing on` : `${role} may hand exactly this on`,
      then: rowsOf(privilegesOf(major).flatMap((p) => (grantable.includes(p) ? [[p]] : []))),
    },
    ...(role === 'public'
      ? []
      : [
          {
            when: [questions.public.trim()],
            title: forAll.length === 0 ? 'PUBLIC may do nothing' : 'PUBLIC may do what its own rule says',
            then: rowsOf(anywhere(forAll, major)),
            mend:
              forAll.length === 0
                ? `revoke all on table ${relation} from public;`
                : forAll.map(mendOf).join('\n'),
          },
        ]),
    {
      when: [questions.around.trim()],
      title: `${role} may use what stands around the table as before: its schema, sequences and functions`,
      then: rowsOf(withNeeds(held, privilegesAround(needed, role, held))),
      mend: grantsAround(needed, grantee(role)).join('\n'),
    },
  ]
}

export const visibleTo: RuleKind<VisibleToRule> = {
  kind: 'visibleTo',
  designPlace: 60,
  sentence: sentenceOf,
  async experiments(rule, context) {
    const world: World = { id: `${rule.table}/access`, statements: [] }
    const cases = [
      ...(rule.role === 'public' ? [] : await accessStatements(rule, context, mendOf(rule))),
      ...(await lists(rule, context)),
    ]
    const experiments = cases.map((one, i): Experiment => ({
      id: `${rule.id}#${i + 1}`,
      rule: rule.id,
      world,
      given: [],
      ...one,
    }))
    return { experiments, unsolved: [] }
  },
  design: (rule) => {
    const { schema } = relationOfId(rule.table)
    const list = grants(rule)
    return list.length === 0
      ? [`revoke all on table ${tableText(rule.table)} from ${grantee(rule.role)};`]
      : [
          ...(schema === 'public'
            ? []
            : [`grant usage on schema ${ident(schema)} to ${grantee(rule.role)};`]),
          ...list,
        ]
  },
  claims: (rule, { catalog, table }) => grantsFor(catalog, table, rule.role),
}
