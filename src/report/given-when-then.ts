/** A rule's experiments as Given / When / Then, as SQL that can be pasted into psql and is rolled back. */
import { ident, literal } from '../postgres/quote.ts'
import type { ExperimentResult, RuleResult } from '../prove/result.ts'
import { tableText } from '../rules/ddl.ts'
import type { Experiment, Expected } from '../rules/experiment.ts'
import { printable } from './printable.ts'
import { becoming } from '../rules/becoming.ts'

/** A comment of one line that nothing in the text can end. */
const comment = (text: string): string => `-- ${printable(text).replaceAll(/\s+/gu, ' ')}`

/** Ended where a trailing comment cannot swallow it. */
const statement = (sql: string): string => {
  const text = sql.trimEnd().replace(/;$/u, '')
  const lastLine = text.slice(text.lastIndexOf('\n') + 1)
  return lastLine.includes('--') ? `${text}\n;` : `${text};`
}

/** Who owned the tables in the run: a role that may be there for the run alone. */
export interface ScriptOptions {
  readonly owner: string
}

/** `set local role` for whoever owns the table where the script is run. */
const becomeOwnerOf = (table: string): string =>
  `select pg_catalog.set_config('role', (select pg_catalog.pg_get_userbyid(c.relowner) from pg_catalog.pg_class c where c.oid = ${literal(tableText(table))}::regclass), true)`

const rowText = (row: readonly (string | null)[]): string => `(${row.map((v) => v ?? 'null').join(', ')})`

const planOutcome = ({ uses, without, reads }: Extract<Expected, { readonly kind: 'plan' }>): string => {
  const avoided = without.map((fact) =>
    fact.startsWith('index:') ? `does not use ${fact.slice('index:'.length)}` : `has no ${fact}`,
  )
  const few =
    reads === undefined ? [] : [`reads ${reads === 1 ? 'one relation' : `${reads} relations`} and no other`]
  return `its plan ${[...(uses === null ? [] : [`uses ${uses}`]), ...avoided, ...few].join(', ')}`
}

/** What has to come of it: `it is accepted`. */
export const expectedOutcome = (then: Expected): string => {
  switch (then.kind) {
    case 'accepted':
      return 'it is accepted'
    case 'affects':
      return `${then.rows} row${then.rows === 1 ? ' is' : 's are'} affected`
    case 'rows':
      return then.rows.length === 0
        ? 'no rows are returned'
        : `${then.rows.length === 1 ? 'this row is' : 'these rows are'} returned: ${then.rows.map(rowText).join(' ')}`
    case 'plan':
      return planOutcome(then)
    case 'cost':
      return 'the call stays within its budget'
    case 'inTurn':
      return 'writers at once come to what they come to in turn'
    case 'rejected': {
      const { by } = then
      const states = typeof by.sqlstate === 'string' ? by.sqlstate : by.sqlstate.join(' or ')
      const name = by.constraint ?? by.column ?? by.dataType
      return `it is refused with SQLSTATE ${states}${name === undefined ? '' : ` by ${name}`}`
    }
  }
}

const needs = ({ session, on }: Experiment): readonly string[] => [
  ...(session === 'fresh'
    ? [comment('In a new session, in which no setting was ever made: \\connect before it is pasted')]
    : []),
  ...(on === 'loaded'
    ? [
        comment(
          'On a table with thousands of rows and fresh statistics, as Assay loads them: an empty one is read whole',
        ),
      ]
    : []),
]

const interleaved = ({ interleaving }: Experiment): readonly string[] =>
  interleaving
    ? [
        comment(
          'When two sessions write at once, in this order, and both commit (each /* session */ in a psql of its own)',
        ),
        ...interleaving.steps.map((s) => `/* session ${s.session} */ ${statement(s.sql)}`),
        comment('Then this finds nothing'),
        statement(interleaving.violations),
      ]
    : []

const now = ({ holds, difference }: ExperimentResult): string =>
  comment(holds ? 'Now: it holds' : `Now: it does not: ${difference ?? 'its outcome is another'}`)

const body = (
  { experiment }: ExperimentResult,
  table: string,
  { owner }: ScriptOptions,
): readonly string[] => {
  const { world, as, then } = experiment
  const here = (sql: string): string =>
    sql === `set local role ${ident(owner)}` ? becomeOwnerOf(table) : sql
  const laid = [...world.statements, ...experiment.given].map(here)
  const when = experiment.when.map(here)
  const before = [
    'begin;',
    ...(laid.length > 0 ? [comment('Given'), ...laid.map(statement)] : []),
    ...(as ? [comment('As'), ...becoming(as).map(here).map(statement)] : []),
  ]
  if (experiment.interleaving) {
    // Its sessions commit: what they stand on is committed too, and nothing takes it back.
    const committed = laid.length > 0 ? [comment('Given, and committed'), ...laid.map(statement)] : []
    return [...committed, ...interleaved(experiment)]
  }
  if (experiment.call)
    return [
      ...before,
      comment('On tables that Assay fills, every constraint live; the values of the call are those of'),
      statement(experiment.call.values),
      ...experiment.call.takeOut.map(statement),
      comment(
        experiment.call.writers === 1
          ? 'When the call runs'
          : `When ${experiment.call.writers} writers make the call at once, each on a connection of its own`,
      ),
      comment(`Then ${expectedOutcome(then)}`),
      'rollback;',
    ]
  if (experiment.proof)
    return [
      ...before,
      comment('When the function of the rule runs'),
      comment('Then it asks something, and does not throw'),
      'rollback;',
    ]
  return [
    ...before,
    comment('When'),
    ...when.map(statement),
    'set constraints all immediate;',
    comment(`Then ${expectedOutcome(then)}`),
    'rollback;',
  ]
}

/** One experiment as the parts of a script, a comment or a statement each, to be joined by line ends. */
export const experimentScript = (
  result: ExperimentResult,
  table: string,
  options: ScriptOptions,
): readonly string[] => [
  comment(`${result.experiment.id}: ${result.experiment.title}`),
  ...needs(result.experiment),
  ...body(result, table, options),
  now(result),
]

/** One experiment as a script; transactions are rolled back, except where two sessions have to commit. */
export const givenWhenThen = (result: ExperimentResult, table: string, options: ScriptOptions): string =>
  experimentScript(result, table, options).join('\n')

const standing = (rule: RuleResult): readonly string[] => {
  const { missing } = rule
  if (missing) {
    const lacks =
      missing.columns === null
        ? `table ${rule.table} does not exist`
        : `there is no column ${missing.columns.join(', ')}`
    return [comment(`Red: ${lacks}`)]
  }
  const holding = rule.experiments.filter((e) => e.holds).length
  return [
    comment(rule.claims.length === 0 ? 'No structure stands for it.' : `Kept by: ${rule.claims.join(', ')}`),
    comment(`${holding} of its ${rule.experiments.length} experiments hold now.`),
    ...rule.unsolved.map((u) => comment(`Not found out: ${u.summary} (tried: ${u.tried})`)),
  ]
}

/** What a rule says and what became of it, above its experiments. */
export const ruleScript = (rule: RuleResult, options: ScriptOptions): string =>
  [
    [
      comment(`${rule.id}: ${rule.sentence}`),
      ...standing(rule),
      ...(rule.at ? [comment(`Declared in ${rule.at.file}:${rule.at.line}`)] : []),
    ].join('\n'),
    ...rule.experiments.map((result) => givenWhenThen(result, rule.table, options)),
  ].join('\n\n')

/** How the script is meant, above all rules. */
export const scriptHead = [
  comment(
    'For psql, as a superuser, on a database with your migrations whose tables no superuser owns: experiments',
  ),
  comment('write rows of several tenants and become other roles. Each rolls its transaction back.'),
].join('\n')

/** A structure and the rules that it stands for, above their scripts. */
export const structureScript = (structure: {
  readonly id: string
  readonly definition: string
  readonly rules: readonly string[]
}): string =>
  [
    comment(`${structure.id}: ${structure.definition}`),
    comment(
      structure.rules.length === 0 ? 'No rule asks for it.' : `Asked for by: ${structure.rules.join(', ')}`,
    ),
  ].join('\n')
