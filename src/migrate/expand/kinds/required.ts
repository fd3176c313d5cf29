/** A column that may be missing becomes required: a trigger fills it for the application that still leaves it out. */
import { readCatalog } from '../../../catalog/read-catalog.ts'
import { AssayError } from '../../../ground/errors.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident } from '../../../postgres/quote.ts'
import { structureName } from '../../../rules/ddl.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import { syncIds } from '../columns-open.ts'
import { contextOf, designColumns, runAll, saysShape, turned, walkedTable, withCopy } from '../lab.ts'
import {
  backfillFile,
  headLine,
  inPages,
  phaseText,
  stagesBack,
  stagesOfChanges,
  withALook,
} from '../phase-text.ts'
import type { RequiredShape } from '../shape.ts'
import { dropSync, functionText, triggerText } from '../sync.ts'
import { fillInPages, fillStatement, hasSuchRows, refuseWhere, seeAllRows } from '../walk.ts'
import type { ShapeKind } from './shape-kind.ts'

const phases = ['expand', 'backfill', 'switch', 'contract'] as const

const sync = (shape: RequiredShape): readonly string[] => [
  functionText(
    shape,
    `begin
  if new.${ident(shape.column)} is null then
    new.${ident(shape.column)} := (${shape.fill});
  end if;
  return new;
end`,
  ),
  ...triggerText(shape),
]

const stands = (table: string, column: string): AssayError =>
  new AssayError(`${table}.${column} does not stand in the database.`, {
    code: 'expand.column',
    exit: 2,
    asked: `--fill "${table}.${column} = …"`,
    found: 'no such column',
    mend: 'State --fill for a column that stands, may be missing, and is declared with t.required(…).',
  })

export const requiredColumn: ShapeKind<RequiredShape> = {
  kinds: ['required'],
  phases,
  find: ({ declared, standing, stated }) =>
    stated.fill
      .filter(({ table }) => table === declared.id)
      .map(({ column, sql }): RequiredShape => {
        if (!standing.columns.some(({ name }) => name === column)) throw stands(declared.id, column)
        return {
          kind: 'required',
          name: structureName(declared.id, column, 'required'),
          table: { schema: declared.schema, name: declared.name },
          column,
          fill: sql,
        }
      }),
  open: (lab, shape) =>
    withCopy(lab, async (db) => {
      const table = await walkedTable(db, shape.table)
      const id = relationId(shape.table)
      const missing = `${ident(shape.column)} is null`
      await runAll(db, sync(shape))
      const before = await readCatalog(db)
      const { rules } = await designColumns(lab, db, shape.table, [shape.column], () => null)
      const context = await contextOf(lab, db, before, await readCatalog(db))
      const back = turned(context)
      const set = [{ column: shape.column, value: `(${shape.fill})` }]
      const temporary = syncIds(shape)
      return {
        rules,
        findings: [],
        texts: [
          {
            phase: 'expand',
            up: phaseText({
              head: [
                headLine(1, phases.length, 'expand', saysShape(shape)),
                `Who leaves it out, or writes null, has ${shape.fill} written.`,
              ],
              stages: [sync(shape)],
            }),
            down: phaseText({ head: ['Takes back expand.'], stages: [dropSync(shape)] }),
            files: {},
            temporary,
          },
          {
            phase: 'backfill',
            up: phaseText({
              head: [
                headLine(2, phases.length, 'backfill', saysShape(shape)),
                'Some pages in each transaction; it may run again.',
                withALook(backfillFile),
                'assay: data',
                'assay: rerunnable',
                inPages,
              ],
              stages: [[fillInPages(table, set, missing)]],
              session: [seeAllRows],
            }),
            down: `-- Takes back nothing: which rows had none is not known any more.\n-- assay: loses ${structureId(id, 'column', shape.column)} because rows without a value were filled\n`,
            files: {
              [backfillFile]: `-- The same in one statement, for: assay migrate backfill FILE --url …\n${fillStatement(table, set, missing)};\n`,
              'after.sql': `-- Rows that have none.\n${hasSuchRows(table, missing)};\n`,
            },
            temporary,
          },
          {
            phase: 'switch',
            up: phaseText({
              head: [
                headLine(3, phases.length, 'switch', saysShape(shape)),
                'Refuses, and changes nothing, while a row has none.',
              ],
              stages: [
                [
                  refuseWhere(
                    table,
                    missing,
                    `${id}: rows without ${shape.column}`,
                    'Run the backfill before it.',
                  ),
                ],
                ...stagesOfChanges(changesBetween(context), context),
              ],
              session: [seeAllRows],
            }),
            down: phaseText({
              head: ['Takes back switch.'],
              stages: stagesBack(changesBetween(back), back, lab.fromHalfWay),
            }),
            files: {},
            temporary,
          },
        ],
      }
    }),
  contract: (_lab, shape) =>
    Promise.resolve({
      rules: [],
      findings: [],
      texts: [
        {
          phase: 'contract',
          up: phaseText({
            head: [
              headLine(4, phases.length, 'contract', saysShape(shape)),
              'For when no application leaves it out any more: from now on that is refused.',
            ],
            stages: [dropSync(shape)],
          }),
          down: phaseText({ head: ['Takes back contract.'], stages: [sync(shape)] }),
          files: {},
          temporary: [],
        },
      ],
    }),
  forget: () => null,
}
