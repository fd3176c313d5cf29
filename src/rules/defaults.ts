/** defaults: a column left out of an insert gets the value of an expression. */
import type { DefaultsRule } from '../architecture/kinds/defaults.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { alterColumn } from './ddl.ts'
import { declaredType } from './declared.ts'
import { settingsGiving } from './default-settings.ts'
import { allTrue, standOnBaseRow, type Case, type Ground } from './draft.ts'
import type { Note } from './experiment.ts'
import { ownOrInherited } from './inherited.ts'
import { makeRow } from './make-row.ts'
import { quieted } from './quiet.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { resetSequence } from './reset-sequence.ts'
import { shortened } from './sentence.ts'
import { tryOne } from './trial.ts'
import { readVolatility } from './volatility.ts'
import { addRefusedDefault } from './refused-default.ts'
import { addUnmasked, addUntriggered, comesOut } from './untriggered.ts'

const without = (row: Row, column: string): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== column))

/** A trigger gives the column its value whatever the default is: nobody ever sees the default. */
const overwritten = ({ id, table, column, expression }: DefaultsRule): Note => ({
  rule: id,
  summary: `a trigger gives ${column} its value: its default ${shortened(expression)} is never seen, and is proven with the triggers disabled`,
  mend: `${alterColumn(table, column, 'drop default')}`,
})

/** A row that fits the default's value in its other columns, written without the column. */
const rowWithout = async (rule: DefaultsRule, context: RuleContext, isStable: boolean) => {
  const wish = { family: 'a' as const, pins: isStable ? { [rule.column]: `(${rule.expression})` } : {} }
  const made = await makeRow(context, context.table, wish)
  return 'unsolved' in made ? made : { given: made.given, row: without(made.row, rule.column) }
}

/** Who asks counts: the value that the base row has, where somebody asks as whom the default gives it. Whether there is such a case. */
const addAsked = async (rule: DefaultsRule, context: RuleContext, ground: Ground): Promise<boolean> => {
  const { table, rows, architecture } = context
  const { column, expression } = rule
  const given = await settingsGiving(rule, context, ground.base)
  if (!given) return false
  const type = declaredType(architecture, table.id, column) ?? 'text'
  const one: Case = {
    title: `a row without ${column} gets ${shortened(expression)}${given.title}`,
    given: given.statements,
    when: [
      `${rows.insert(table, without(ground.base, column))} returning ${ident(column)}::text is not distinct from cast(${given.value} as ${type})::text`,
    ],
    then: allTrue(),
  }
  // A trigger may read the setting, too, and say something else.
  const isSo =
    (await comesOut(context, ground, one)) ||
    (await comesOut(context, ground, one, quieted(context, [table])))
  if (isSo) await addUntriggered(context, ground, one)
  return isSo
}

export const defaults: RuleKind<DefaultsRule> = {
  kind: 'defaults',
  sentence: (rule) => `${rule.column} left out becomes ${shortened(rule.expression)}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { table, rows, architecture } = context
    const { column, expression } = rule
    const volatility = await readVolatility(context.db, expression)
    const isAsked = volatility === 'stable' && (await addAsked(rule, context, ground))
    const left = await rowWithout(rule, context, volatility === 'stable')
    if ('unsolved' in left) {
      if (volatility === 'stable' && (await addRefusedDefault(rule, context, ground)))
        return ground.draft.written()
      if (isAsked) return ground.draft.written()
      ground.draft.unsolved(
        `no row was found that fits the default of ${column}: ${left.unsolved}`,
        left.tried,
      )
      return ground.draft.written()
    }
    const insert = rows.insert(table, left.row)
    const name = ident(column)
    if (volatility === 'stable') {
      const type = declaredType(architecture, table.id, column) ?? 'text'
      const isMasked = await addUnmasked(context, ground, {
        title: `a row without ${column} gets ${shortened(expression)}`,
        given: left.given,
        when: [
          `${insert} returning ${name}::text is not distinct from cast((${expression}) as ${type})::text`,
        ],
        then: allTrue(),
      })
      return { ...ground.draft.written(), ...(isMasked ? { notes: [overwritten(rule)] } : {}) }
    }
    if (volatility === 'clock') {
      const isMasked = await addUnmasked(context, ground, {
        title: `a row without ${column} gets the time of its insert`,
        given: left.given,
        when: [`${insert} returning ${name} between now() and clock_timestamp()`],
        then: allTrue(),
      })
      return { ...ground.draft.written(), ...(isMasked ? { notes: [overwritten(rule)] } : {}) }
    }
    const second = await makeRow(context, table, { pins: {}, family: 'b' })
    if ('unsolved' in second) {
      ground.draft.unsolved(`no second row was found: ${second.unsolved}`, second.tried)
      return ground.draft.written()
    }
    const own = qualified(table)
    const both = [...left.given, ...second.given, resetSequence(table, column), insert]
    // A table may have room for one row.
    const full = await tryOne(context.db, ground.world, [...both, rows.insert(table, second.row)])
    if (full?.sqlstate === '23505' && !(await tryOne(context.db, ground.world, both))) {
      await addUntriggered(context, ground, {
        title: `a row without ${column} gets a value`,
        given: [...left.given, resetSequence(table, column)],
        when: [`${insert} returning ${name} is not null`],
        then: allTrue(),
      })
      return ground.draft.written()
    }
    await addUntriggered(context, ground, {
      title: `two rows without ${column} get values of their own`,
      given: both,
      when: [
        `${rows.insert(table, without(second.row, column))} returning ${name} is not null and not exists (` +
          `select from ${own} as earlier where earlier.${name}::text = ${own}.${name}::text)`,
      ],
      then: allTrue(),
    })
    return ground.draft.written()
  },
  design: (rule) => [alterColumn(rule.table, rule.column, `set default ${rule.expression}`)],
  claims: (rule, { catalog }) => {
    const id = ownOrInherited(catalog, rule.table, 'default', rule.column)
    return id === null ? [] : [id]
  },
}
