/** identity: the column numbers its rows by itself; a number that is given is refused (always) or taken (by default). */
import type { IdentityRule } from '../architecture/kinds/identity.ts'
import type { ReferencesRule } from '../architecture/kinds/references.ts'
import type { Table } from '../catalog/table.ts'
import { structureId } from '../ground/names.ts'
import { ident, identList, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { alterColumn } from './ddl.ts'
import { optionalColumns, rulesOf } from './declared.ts'
import { accepted, allTrue, standOnBaseRow, type Ground } from './draft.ts'
import type { Expected } from './experiment.ts'
import { makeRow } from './make-row.ts'
import { resetSequence } from './reset-sequence.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { addUntriggered } from './untriggered.ts'

const without = (row: Row, column: string): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => name !== column))

/** rows.insert() overrides the system's value; this is how an application would write the number. */
const insertPlainly = (table: Table, row: Row): string => {
  const names = Object.keys(row).filter(
    (name) => table.columns.find((c) => c.name === name)?.generated === null,
  )
  return `insert into ${qualified(table)} (${identList(names)}) values (${names.map((n) => row[n]!).join(', ')})`
}

/** A reference that the number is a part of points nowhere: no row is there yet that has a number of its own. */
const pointingNowhere = ({ table, column }: IdentityRule, { architecture }: RuleContext): Row => {
  const optional = optionalColumns(architecture, table)
  const beside = rulesOf<ReferencesRule>(architecture, table, 'references')
    .filter(({ columns }) => columns.includes(column))
    .flatMap(({ columns }) => columns.filter((name) => name !== column && optional.includes(name)))
  return Object.fromEntries(beside.map((name) => [name, 'null']))
}

/** Two rows that leave the number out: generated numbers are no evidence but for being there and being different. */
const numbersItself = async (rule: IdentityRule, context: RuleContext, ground: Ground): Promise<void> => {
  const { rows, table } = context
  const nowhere = pointingNowhere(rule, context)
  const second = await makeRow(context, table, { pins: nowhere, family: 'b' })
  if ('unsolved' in second) {
    ground.draft.unsolved(`no second row was found: ${second.unsolved}`, second.tried)
    return
  }
  const name = ident(rule.column)
  const own = qualified(table)
  await addUntriggered(context, ground, {
    title: `two rows without ${rule.column} get numbers of their own`,
    given: [
      ...second.given,
      resetSequence(table, rule.column),
      rows.insert(table, without({ ...ground.base, ...nowhere }, rule.column)),
    ],
    when: [
      `${rows.insert(table, without(second.row, rule.column))} returning ${name} is not null and not exists (` +
        `select from ${own} as earlier where earlier.${name} = ${own}.${name})`,
    ],
    then: allTrue(),
  })
}

export const identity: RuleKind<IdentityRule> = {
  kind: 'identity',
  designPlace: -50,
  sentence: (rule) =>
    rule.generation === 'always'
      ? `${rule.column} numbers itself and cannot be chosen`
      : `${rule.column} numbers itself unless it is chosen`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const { rows, table } = context
    const { column, generation } = rule
    const other = (await context.rows.base(table, 'c'))?.[column]
    await numbersItself(rule, context, ground)
    const refused: Expected = { kind: 'rejected', by: { sqlstate: '428C9' } }
    const given = generation === 'always' ? 'is refused' : 'is kept'
    ground.draft.add({
      title: `a chosen ${column} ${given}`,
      when:
        generation === 'always'
          ? [insertPlainly(table, ground.base)]
          : [
              `${insertPlainly(table, ground.base)} returning ${ident(column)}::text = (${ground.base[column]})::text`,
            ],
      then: generation === 'always' ? refused : allTrue(),
    })
    if (other !== undefined) {
      await addUntriggered(context, ground, {
        title: `changing ${column} ${generation === 'always' ? 'is refused' : 'is accepted'}`,
        given: [rows.insert(table, ground.base)],
        when: [
          `update ${qualified(table)} set ${ident(column)} = ${other} where ${rows.where(table, ground.base)}`,
        ],
        then: generation === 'always' ? refused : accepted,
      })
    }
    return ground.draft.written()
  },
  design: (rule) => [
    // An identity column has to be NOT NULL before it becomes one.
    alterColumn(rule.table, rule.column, 'set not null'),
    alterColumn(rule.table, rule.column, `add generated ${rule.generation} as identity`),
  ],
  claims: (rule, { catalog }) =>
    ['identity', 'required']
      .map((kind) => structureId(rule.table, kind, rule.column))
      .filter((id) => catalog.structures.has(id)),
}
