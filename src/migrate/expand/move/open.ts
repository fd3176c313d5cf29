/** Columns that move to another table: the phases up to the switch. Each statement has run on a copy before it is written. */
import { readCatalog } from '../../../catalog/read-catalog.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import { relationId } from '../../../ground/names.ts'
import { ident, qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import type { Finding } from '../../../prove/result.ts'
import type { DefaultFacts } from '../../../catalog/default.ts'
import type { Change, ChangeContext } from '../../changes/change.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import type { OpenedShape } from '../columns-open.ts'
import {
  contextOf,
  designColumns,
  designRules,
  namesOne,
  refusedRule,
  runAll,
  turned,
  walkedTable,
  withCopy,
  type Designed,
  type ShapeLab,
} from '../lab.ts'
import { stagesBack, stagesOfChanges } from '../phase-text.ts'
import type { MoveShape } from '../shape.ts'
import { isConstant } from './find.ts'
import { moveObstacles, notGiven } from './obstacles.ts'
import { oldSideOf } from './old-side.ts'
import { boundTables, dropPolicies, makePolicies } from './policies.ts'
import { sidesOfMove } from './sides.ts'
import { backfillText } from './backfill-text.ts'
import { expandText, switchText, temporaryWhile } from './texts.ts'
import { dropMoveTriggers, moveFunctions, moveTriggers } from './triggers.ts'

const homeColumns = ({ columns }: MoveShape): readonly string[] => columns.map(({ home }) => home)

/** The new table as its rules want it, but for what they ask of the moved columns: old rows are not there yet. */
const makeOther = async (
  lab: ShapeLab,
  db: Session,
  shape: MoveShape,
  before: Catalog,
): Promise<Designed> => {
  const id = relationId(shape.other)
  const declared = lab.architecture.tables.find((table) => table.id === id)
  const columns = (declared?.columns ?? []).map(({ name, type }) => `${ident(name)} ${type}`)
  const home = before.tables.get(relationId(shape.table))
  const moved = shape.columns.map(({ other }) => other)
  await runAll(db, [
    ...shape.types.map(({ create }) => create),
    `create table ${qualified(shape.other)} (${columns.join(', ')})`,
    // The new application inserts a row at home before it inserts the other one.
    ...(home?.columns ?? [])
      .filter(({ name, notNull }) => notNull && homeColumns(shape).includes(name))
      .map(({ name }) => `alter table ${qualified(shape.table)} alter column ${ident(name)} drop not null`),
  ])
  const isEarly = (table: string, text: string): boolean => table === id && !namesOne(text, moved)
  // What stands on another is refused before that one stands.
  const first = await designRules(lab, db, isEarly, () => null)
  const rest = await designRules(lab, db, isEarly, refusedRule, first.catalog)
  return { ...rest, rules: [...first.rules, ...rest.rules] }
}

const addColumns = ({ table, columns }: MoveShape): readonly string[] =>
  columns.map(({ home, type }) => `alter table ${qualified(table)} add column ${ident(home)} ${type}`)

/** What the rules ask of the columns where they will stand. */
const finish = async (lab: ShapeLab, db: Session, shape: MoveShape, standing: Catalog): Promise<Designed> => {
  if (shape.direction === 'in')
    // What is refused beside the old table is tried again without it.
    return designColumns(lab, db, shape.table, homeColumns(shape), () => null, standing)
  const id = relationId(shape.other)
  return designRules(lab, db, (table) => table === id, refusedRule, standing)
}

/** The old application inserts a row at home before the other one: what refuses that, or draws a value, waits for its end. */
const isPostponed = ({ kind, after, before }: Change): boolean =>
  kind === 'identity' ||
  kind === 'required' ||
  (kind === 'default' &&
    !isConstant(((after ?? before)?.facts as DefaultFacts | undefined)?.expression ?? ''))

/** With what stands where nobody wrote. */
const withDefaults = (shape: MoveShape, catalog: Catalog): MoveShape => {
  const standing = (table: string, column: string): string | undefined => {
    const found = catalog.tables.get(table)?.columns.find(({ name }) => name === column)
    return found?.default != null && isConstant(found.default) ? found.default : undefined
  }
  const bound = boundTables(shape, catalog)
  const isGuarded = [shape.table, shape.other].some(
    (table) => catalog.tables.get(relationId(table))?.rowSecurity === true,
  )
  if (shape.direction === 'in') {
    const id = relationId(shape.table)
    const columns = shape.columns.map((column) => {
      const homeDefault = standing(id, column.home)
      return homeDefault === undefined ? column : { ...column, homeDefault }
    })
    return { ...shape, isGuarded, bound, columns }
  }
  const id = relationId(shape.other)
  const told = new Set([
    ...shape.key.map((one) => one.other),
    ...shape.columns.map((one) => one.other),
    ...shape.copies.map(({ name }) => name),
  ])
  const untouched = (catalog.tables.get(id)?.columns ?? [])
    .filter(({ name, generated, identity }) => !told.has(name) && generated === null && identity === null)
    .flatMap(({ name, type, default: written }) => {
      const sql = written === null ? 'null' : standing(id, name)
      return sql === undefined ? [] : [{ column: name, type, sql }]
    })
  const columns = shape.columns.map((column) => {
    const otherDefault = standing(id, column.other)
    return otherDefault === undefined ? column : { ...column, otherDefault }
  })
  return { ...shape, isGuarded, bound, untouched, columns }
}

const both = async (
  lab: ShapeLab,
  db: Session,
  before: Catalog,
  after: Catalog,
): Promise<{ readonly there: ChangeContext; readonly back: ChangeContext }> => {
  const there = await contextOf(lab, db, before, after)
  return { there, back: turned(there) }
}

/** The phases that may be released at once, in their order: none of them takes anything from the old application. */
export const openMove = (lab: ShapeLab, asked: MoveShape): Promise<OpenedShape> =>
  withCopy(lab, async (db): Promise<OpenedShape> => {
    const isOut = asked.direction === 'out'
    const before = await readCatalog(db)
    const refuse = (findings: readonly Finding[]): OpenedShape => ({ texts: [], rules: [], findings })
    const refused = await moveObstacles(db, asked, before)
    if (refused.length > 0) return refuse(refused)
    const table = await walkedTable(db, asked.table)
    const made = isOut ? await makeOther(lab, db, asked, before) : null
    if (made !== null && made.findings.length > 0) return refuse(made.findings)
    if (!isOut) await runAll(db, addColumns(asked))
    const expanded = made?.catalog ?? (await readCatalog(db))
    const finished = await finish(lab, db, asked, expanded)
    if (finished.findings.length > 0) return refuse(finished.findings)
    const switched = finished.catalog
    const missing = isOut ? [...notGiven(asked, switched), ...(await moveObstacles(db, asked, switched))] : []
    if (missing.length > 0) return refuse(missing)
    const shape = withDefaults(asked, switched)
    const sides = sidesOfMove(shape, 'beside')

    const make = [...moveFunctions(sides, 'both'), ...moveTriggers(sides), ...makePolicies(shape)]
    await runAll(db, [...make, ...dropMoveTriggers(sides, null), ...dropPolicies(shape)])
    const old = await oldSideOf(lab, db, shape)
    if (!('ids' in old)) return refuse(old)

    const early = await both(lab, db, before, expanded)
    const late = await both(lab, db, expanded, switched)
    const isOwn = (change: Change): boolean => isOut || !isPostponed(change)
    const changes = changesBetween(late.there).filter(isOwn)
    const undone = (which: (change: Change) => boolean) =>
      stagesBack(changesBetween(early.back).filter(which), early.back, lab.fromHalfWay)
    const temporary = [...old.ids, ...temporaryWhile(sides, 'both')]
    const rules = [...(made?.rules ?? []), ...finished.rules, ...old.rules]
    return {
      shape,
      rules: [...new Set(rules)],
      findings: [],
      texts: [
        {
          ...expandText({
            shape,
            table,
            before,
            there: stagesOfChanges(changesBetween(early.there), early.there),
            atOnce: undone(({ kind }) => kind !== 'required').flat(),
            back: undone(({ kind }) => kind === 'required'),
          }),
          temporary,
        },
        { ...backfillText(shape, table), temporary },
        {
          ...switchText({
            shape,
            table,
            made: changes.filter(({ does }) => does === 'make').map(({ id }) => id),
            required: isOut
              ? []
              : shape.columns.filter(({ home }) =>
                  changesBetween(late.there).some(
                    ({ kind, after }) => kind === 'required' && after?.name === home,
                  ),
                ),
            there: stagesOfChanges(changes, late.there),
            back: stagesBack(changesBetween(late.back).filter(isOwn), late.back, lab.fromHalfWay),
          }),
          temporary,
        },
      ],
    }
  })
