/** optional: the column may be null, alone and together with the table's other optional columns. A control only. */
import type { CheckRule } from '../architecture/kinds/check.ts'
import type { OptionalRule } from '../architecture/kinds/optional.ts'
import type { ReferencesRule } from '../architecture/kinds/references.ts'
import { ident } from '../postgres/quote.ts'
import { alterColumn } from './ddl.ts'
import { optionalColumns, rulesOf } from './declared.ts'
import { accepted, standOnBaseRow, type Ground } from './draft.ts'
import { ownOrInherited } from './inherited.ts'
import { makeRow, type MadeRow } from './make-row.ts'
import {
  checksThatRefuseNull,
  domainsThatRefuseNull,
  droppedChecks,
  nullIn,
} from './nulls/refusing-checks.ts'
import type { Note } from './experiment.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { selectEach, tryOne } from './trial.ts'
import { quieted } from './quiet.ts'

/** A MATCH FULL key is null in all of its columns or in none. */
const nullTogether = (rule: OptionalRule, context: RuleContext): readonly string[] => [
  ...new Set([
    rule.column,
    ...rulesOf<ReferencesRule>(context.architecture, rule.table, 'references')
      .filter((r) => r.match === 'full' && r.columns.includes(rule.column))
      .flatMap((r) => r.columns),
  ]),
]

/** A trigger that fills the column hides whether the column itself takes null: it is asked without triggers too. */
const addUnfilledCase = async (
  rule: OptionalRule,
  context: RuleContext,
  { draft, world }: Ground,
  { row, given }: MadeRow,
): Promise<void> => {
  const { rows, table, db } = context
  const quiet = quieted(context, [table])
  if (quiet.length === 0) return
  const insert = rows.insert(table, row)
  const [kept] = await selectEach(
    db,
    [...world.statements, ...given],
    [`${insert} returning ${ident(rule.column)} is null`],
  )
  if (kept?.[0]?.[0] === 't') return
  const fault = await tryOne(db, world, [...quiet, ...given, insert])
  if (fault) return
  draft.add({
    title: `a row without ${rule.column} is accepted where no trigger fills it`,
    given: [...quiet, ...given],
    when: [insert],
    then: accepted,
  })
}

/** A CHECK whose function refuses null, or one of the column's domain, hides that the column itself takes it. */
const addUncheckedCase = async (
  rule: OptionalRule,
  context: RuleContext,
  { draft, world }: Ground,
): Promise<Note | null> => {
  const { rows, table, db } = context
  const { column } = rule
  const names = await checksThatRefuseNull(context, column)
  const ofDomains = await domainsThatRefuseNull(context, column)
  if (names.length + ofDomains.length === 0) return null
  const pins = nullIn(nullTogether(rule, context))
  // What is declared of them goes with them; the others stand in the database as well.
  const stated = rulesOf<CheckRule>(context.architecture, rule.table, 'check').map((one) => one.expression)
  const solved = await rows.solve(table, { pins, family: 'a', ignoreChecks: [...names, ...stated] })
  if ('unsolved' in solved) return null
  const given = [...droppedChecks(context, names), ...ofDomains.map(({ drop }) => drop)]
  const when = [rows.insert(table, solved.row)]
  if (await tryOne(db, world, [...given, ...when])) return null
  const shown = [...names, ...ofDomains.map(({ name, domain }) => `${name} of ${domain}`)]
  const checks = `${shown.length === 1 ? 'CHECK' : 'CHECKs'} ${shown.join(', ')}`
  draft.add({
    title: `a row without ${column} is accepted where ${checks} ${shown.length === 1 ? 'does' : 'do'} not look`,
    given,
    when,
    then: accepted,
  })
  return {
    rule: rule.id,
    code: 'column.never-null',
    severity: 'warning',
    summary: `${column} may be null, and ${checks} ${shown.length === 1 ? 'refuses' : 'refuse'} null: no row goes without it`,
    why: 'the condition was asked for null: it is false, or raises an error, and neither says that a value is missing',
    mend: `${alterColumn(rule.table, column, 'set not null')}`,
  }
}

export const optional: RuleKind<OptionalRule> = {
  kind: 'optional',
  designPlace: -70,
  sentence: (rule) => `${rule.column} may be missing`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { table, rows, architecture } = context
    const alone = await makeRow(context, table, { pins: nullIn(nullTogether(rule, context)), family: 'a' })
    if ('unsolved' in alone) {
      const note = await addUncheckedCase(rule, context, ground)
      if (note) return { ...ground.draft.written(), notes: [note] }
      ground.draft.unsolved(`no row without ${rule.column} was found: ${alone.unsolved}`, alone.tried)
      return ground.draft.written()
    }
    ground.draft.add({
      title: `a row without ${rule.column} is accepted`,
      given: alone.given,
      when: [rows.insert(table, alone.row)],
      then: accepted,
    })
    await addUnfilledCase(rule, context, ground, alone)
    const all = optionalColumns(architecture, rule.table)
    if (all.length < 2 || all[0] !== rule.column) return ground.draft.written()
    // CHECKs may forbid that everything is missing at once: then there is nothing to show, and nothing is owed.
    const together = await makeRow(context, table, { pins: nullIn(all), family: 'a' })
    if ('row' in together) {
      ground.draft.add({
        title: `a row without all that is optional (${all.length} columns) is accepted`,
        given: together.given,
        when: [rows.insert(table, together.row)],
        then: accepted,
      })
    }
    return ground.draft.written()
  },
  design: (rule) => [alterColumn(rule.table, rule.column, 'drop not null')],
  // That null is taken is part of what the column is: no structure of its own stands behind it.
  claims: (rule, { catalog }) => {
    const id = ownOrInherited(catalog, rule.table, 'column', rule.column)
    return id === null ? [] : [id]
  },
}
