/** Experiments as checks of a script that runs without Assay: what is called, what has to come of it, what is left out. */
import { ident, literal, dollarQuoted } from '../postgres/quote.ts'
import type { ExportedArchitecture } from '../project/export-project.ts'
import type { RuleResult } from '../prove/result.ts'
import { tableText } from '../rules/ddl.ts'
import type { Cause, Expected, Experiment, World } from '../rules/experiment.ts'
import { refusalKind } from './outcome-function.ts'
import { printable } from './printable.ts'
import { becoming } from '../rules/becoming.ts'

export interface Check {
  readonly title: string
  /** SQL: what comes of it, as text. */
  readonly outcome: string
  /** SQL: what has to come of it. */
  readonly wanted: string
  /** SQL, a relation's name: it shows nothing where a superuser owns that. */
  readonly asOwnerOf: string | null
}

export interface Skipped {
  readonly title: string
  readonly reason: string
}

export interface CheckedRule {
  readonly id: string
  readonly sentence: string
  readonly checks: readonly (Check | Skipped)[]
}

export interface ExportedChecks {
  readonly worlds: readonly World[]
  readonly rules: readonly CheckedRule[]
  readonly checked: number
  readonly skipped: readonly Skipped[]
  /** Experiments that never fail and prove nothing by themselves. */
  readonly shadows: number
}

export const isSkipped = (check: Check | Skipped): check is Skipped => 'reason' in check

/** As short as it can be read. */
export const sqlText = (text: string): string => (/['\\\n]/u.test(text) ? dollarQuoted(text) : literal(text))

/** A title as a line of TAP has it: what follows its `#` would be read as a directive. */
export const tapText = (text: string): string =>
  sqlText(text.replaceAll(/\\*#(?=\s*(?:skip|todo))/giu, String.raw`\#`))

const sqlArray = (texts: readonly string[]): string =>
  texts.length === 0 ? `'{}'` : `array[${texts.map(sqlText).join(', ')}]`

const oneLine = (text: string): string => printable(text).replaceAll(/\s+/gu, ' ')

/** PL/pgSQL has no client to copy to, and no transactions of its own inside a function. */
const cannotRun = (sql: string): boolean =>
  /^\s*copy\b[^]*\b(?:stdin|stdout)\b/iu.test(sql) ||
  /^\s*(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/iu.test(sql)

/** Why an experiment cannot be exported; null: it can. */
const whyNot = ({
  proof,
  interleaving,
  call,
  on,
  session,
  then,
  given,
  when,
  world,
}: Experiment): string | null => {
  if (proof) return 'its rule is a function of TypeScript, which Assay runs'
  if (call) return 'it is a call of the application, on tables that Assay fills'
  if (interleaving) return 'it takes two sessions at once'
  if (on === 'loaded' || then.kind === 'plan')
    return 'it asks for a plan, on thousands of rows that Assay loads'
  if (session === 'fresh') return 'it takes a new session, in which no setting was ever made'
  if ([...world.statements, ...given, ...when].some(cannotRun))
    return 'a script cannot copy to its client, or end a transaction, and go on'
  if (then.kind === 'rejected' && then.by.routine !== undefined && refusalKind(then.by.routine) === undefined)
    return `only Assay sees that ${then.by.routine} refuses it`
  return null
}

/** In the order and with the words of assay_outcome. */
const causeFacts = (by: Cause): readonly (readonly [key: string, label: string, value: string])[] => [
  ...(by.constraint === undefined ? [] : [['constraint', 'constraint', by.constraint] as const]),
  ...(by.column === undefined ? [] : [['column', 'column', by.column] as const]),
  ...(by.table === undefined ? [] : [['table', 'table', by.table] as const]),
  ...(by.dataType === undefined ? [] : [['type', 'type', by.dataType] as const]),
  ...(by.routine === undefined ? [] : [['by', 'by', refusalKind(by.routine) ?? by.routine] as const]),
]

const statesOf = ({ sqlstate }: Cause): readonly string[] =>
  typeof sqlstate === 'string' ? [sqlstate] : sqlstate

const causeArgument = (by: Cause): string => {
  const facts = causeFacts(by).map(([key, , value]) => [key, value] as const)
  return sqlText(JSON.stringify({ sqlstate: statesOf(by), ...Object.fromEntries(facts) }))
}

const wantedOutcome = (then: Expected): string => {
  switch (then.kind) {
    case 'accepted':
    case 'plan':
    case 'cost':
    case 'inTurn':
      return `'accepted'`
    case 'affects':
      return sqlText(`rows affected: ${then.rows}`)
    case 'rows': {
      const rows = then.rows.map(
        (row) => `row(${row.map((v) => (v === null ? 'null' : sqlText(v))).join(', ')})::text`,
      )
      return `pg_temp.assay_rows(array[${rows.join(', ')}]::text[])`
    }
    case 'rejected': {
      const facts = causeFacts(then.by).map(([, label, value]) => `${label} ${value}`)
      return sqlText(`refused: ${[`SQLSTATE ${statesOf(then.by).join(' or ')}`, ...facts].join(', ')}`)
    }
  }
}

const looksAt: Readonly<Partial<Record<Expected['kind'], string>>> = { rows: 'rows', affects: 'affected' }

interface Calling {
  readonly worldName: string
  readonly table: string
  readonly owner: string
}

const checkOf = (experiment: Experiment, title: string, { worldName, table, owner }: Calling): Check => {
  const { given, when, then, as } = experiment
  const relation = literal(tableText(table))
  const asOwner = `set local role ${ident(owner)}`
  const become = `select pg_catalog.set_config('role', pg_temp.assay_owner(${relation})::text, true)`
  const here = (sql: string): string => (sql === asOwner ? become : sql)
  const asks = as ? becoming(as) : []
  const looked = looksAt[then.kind]
  const argumentsText = [
    sqlText(worldName),
    ...(given.length === 0 ? [] : [`given => ${sqlArray(given.map(here))}`]),
    ...(asks.length === 0 ? [] : [`asks => ${sqlArray(asks.map(here))}`]),
    `run => ${sqlArray(when.map(here))}`,
    ...(looked === undefined ? [] : [`looks_at => ${literal(looked)}`]),
    ...(then.kind === 'rejected' ? [`cause => ${causeArgument(then.by)}`] : []),
  ]
  return {
    title,
    outcome: `pg_temp.assay_outcome(${argumentsText.join(',\n    ')})`,
    wanted: wantedOutcome(then),
    asOwnerOf: [...given, ...asks, ...when].includes(asOwner) ? relation : null,
  }
}

const ruleChecks = (
  rule: RuleResult,
  nameOf: (world: World) => string,
  owner: string,
): readonly (Check | Skipped)[] => {
  const { id, sentence, missing, experiments, unsolved, table } = rule
  if (missing) {
    const lacks =
      missing.columns === null
        ? `table ${table} does not exist`
        : `there is no column ${missing.columns.join(', ')}`
    return [{ title: oneLine(`${id}: ${sentence}`), reason: oneLine(lacks) }]
  }
  const told = experiments.filter(({ experiment }) => experiment.shadow !== true)
  return [
    ...told.map(({ experiment }) => {
      const title = oneLine(`${experiment.id}: ${experiment.title}`)
      const reason = whyNot(experiment)
      if (reason !== null) return { title, reason }
      return checkOf(experiment, title, { worldName: nameOf(experiment.world), table, owner })
    }),
    ...unsolved.map((u) => ({ title: oneLine(`${id}: ${u.summary}`), reason: 'Assay could not find out' })),
    ...(told.length + unsolved.length === 0
      ? [{ title: oneLine(`${id}: ${sentence}`), reason: 'no experiment could be written for it' }]
      : []),
  ]
}

/** Each world is named by its id; two that share one are told apart. */
const makeWorldNames = (): {
  readonly nameOf: (world: World) => string
  readonly worlds: () => readonly World[]
} => {
  const names = new Map<string, string>()
  const named: World[] = []
  return {
    nameOf: ({ id, statements }) => {
      const key = JSON.stringify([id, statements])
      const known = names.get(key)
      if (known !== undefined) return known
      const same = named.filter((world) => world.id === id || world.id.startsWith(`${id} (`)).length
      const name = same === 0 ? id : `${id} (${same + 1})`
      names.set(key, name)
      named.push({ id: name, statements })
      return name
    },
    worlds: () => named,
  }
}

export const exportedChecks = ({ rules, owner }: ExportedArchitecture): ExportedChecks => {
  const { nameOf, worlds } = makeWorldNames()
  const checked = rules.map((rule) => ({
    id: rule.id,
    sentence: rule.sentence,
    checks: ruleChecks(rule, nameOf, owner),
  }))
  const all = checked.flatMap(({ checks }) => checks)
  const skipped = all.filter(isSkipped)
  return {
    worlds: worlds(),
    rules: checked,
    checked: all.length - skipped.length,
    skipped,
    shadows: rules.flatMap((r) => r.experiments).filter(({ experiment }) => experiment.shadow).length,
  }
}
