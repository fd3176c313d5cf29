/** A column that is required and may be missing from now on: nothing has to be filled, but who reads comes before who writes. */
import { readCatalog } from '../../../catalog/read-catalog.ts'
import { relationId } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import { structureName } from '../../../rules/ddl.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import { contextOf, runAll, saysShape, turned, walkedTable, withCopy } from '../lab.ts'
import { headLine, phaseText, stagesBack, stagesOfChanges } from '../phase-text.ts'
import type { OptionalShape } from '../shape.ts'
import { refuseWhere, seeAllRows } from '../walk.ts'
import type { FoundTable, ShapeKind } from './shape-kind.ts'

const phases = ['switch'] as const

/** Null by null: a key and an identity forbid it by themselves. */
const mayBeNull = ({ declared, standing, catalog }: FoundTable, column: string): boolean => {
  const found = standing.columns.find(({ name }) => name === column)
  const isKey = catalog
    .of(standing.id, 'primaryKey')
    .some(({ facts }) => (facts as { readonly columns: readonly string[] }).columns.includes(column))
  const isDemanded = declared.rules.some(
    (rule) => ['required', 'identity', 'primaryKey'].includes(rule.kind) && rule.columns.includes(column),
  )
  return found?.notNull === true && found.identity === null && !isKey && !isDemanded
}

export const optionalColumn: ShapeKind<OptionalShape> = {
  kinds: ['optional'],
  phases,
  // A rule that is missing says nothing: somebody has to name the column.
  find: (found) =>
    found.declared.columns
      .filter(({ name }) => found.only.includes(`${found.declared.id}.${name}`) && mayBeNull(found, name))
      .map(({ name }) => ({
        kind: 'optional',
        name: structureName(found.declared.id, name, 'optional'),
        table: { schema: found.declared.schema, name: found.declared.name },
        column: name,
      })),
  open: (lab, shape) =>
    withCopy(lab, async (db) => {
      const table = await walkedTable(db, shape.table)
      const id = relationId(shape.table)
      const before = await readCatalog(db)
      const drop = `alter table ${qualified(shape.table)} alter column ${ident(shape.column)} drop not null`
      await runAll(db, [drop])
      const context = await contextOf(lab, db, before, await readCatalog(db))
      const back = turned(context)
      return {
        rules: [],
        findings: [],
        texts: [
          {
            phase: 'switch',
            up: phaseText({
              head: [
                headLine(1, phases.length, 'switch', saysShape(shape)),
                'First release an application that takes a null wherever it reads the column, and writes none.',
                'Then run this. Then release what writes a null: an older application fails on the first one that it reads.',
              ],
              stages: stagesOfChanges(changesBetween(context), context),
            }),
            down: phaseText({
              head: [
                'Takes back switch, once no application writes a null any more.',
                'Refuses, and changes nothing, while a row has none; it names these rows.',
              ],
              stages: [
                [
                  refuseWhere(
                    table,
                    `${ident(shape.column)} is null`,
                    `${id}: rows without ${shape.column}`,
                    'Write a value there, then go back.',
                  ),
                ],
                ...stagesBack(changesBetween(back), back, lab.fromHalfWay),
              ],
              session: [seeAllRows],
            }),
            files: {},
            temporary: [],
          },
        ],
      }
    }),
  contract: () => Promise.resolve({ texts: [], rules: [], findings: [] }),
  forget: () => null,
}
