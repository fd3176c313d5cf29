/**
 * The phases up to the switch of columns that are renamed with all that stands on them. Others of the same type serve the new
 * names before it, and the old ones behind it; each statement has run on a copy before it is written.
 */
import { readCatalog } from '../../../catalog/read-catalog.ts'
import type { Catalog } from '../../../catalog/structure.ts'
import { relationId, structureId } from '../../../ground/names.ts'
import { ident, identList, qualified } from '../../../postgres/quote.ts'
import { bind } from '../../../prove/bind.ts'
import type { Session } from '../../../postgres/session.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import type { ChangeContext } from '../../changes/change.ts'
import { backfillOfColumns, syncIds, when, type OpenedShape } from '../columns-open.ts'
import { contextOf, runAll, saysShape, turned, walkedTable, withCopy, type ShapeLab } from '../lab.ts'
import { laterTriggers, obstaclesInPlace } from '../obstacles.ts'
import { headLine, inOneMoment, phaseText, stagesBack, stagesOfChanges } from '../phase-text.ts'
import { keysOf } from '../same-instant.ts'
import { phases, type ColumnsShape, type PhaseText, type SideColumn } from '../shape.ts'
import { disagreement, sidesOf } from '../sides.ts'
import { dropSync, syncFunction, triggerText } from '../sync.ts'
import { refuseWhere, seeAllRows, type WalkedTable } from '../walk.ts'
import { addBeside, indexesBeside } from './beside.ts'
import { areExchanged, exchangeNames } from './names.ts'

const namesOf = (columns: readonly SideColumn[]): string => columns.map(({ name }) => name).join(' and ')

/** With what the columns that stand put where they are left out: they have the new names behind the switch. */
const withDefaults = (
  shape: ColumnsShape,
  catalog: Catalog,
  isVolatile: ChangeContext['isVolatile'],
): ColumnsShape => {
  const table = catalog.tables.get(relationId(shape.table))
  return {
    ...shape,
    news: shape.news.map((column, i) => {
      const found = table?.columns.find(({ name }) => name === shape.olds[i]?.name)
      if (found === undefined || found.generated !== null) return column
      if (found.identity !== null) return { ...column, isDrawn: true }
      if (found.default === null) return column
      return isVolatile(found.default) ? { ...column, isDrawn: true } : { ...column, default: found.default }
    }),
  }
}

/** Before the switch the old names are those of the columns that stand. */
const syncBeside = (shape: ColumnsShape): string => syncFunction(sidesOf(shape, 'beside'), 'from-old')

const syncSwitched = (shape: ColumnsShape): string => syncFunction(sidesOf(shape, 'switched'), 'both')

const saysWho = ({ news }: ColumnsShape): readonly string[] => {
  const computed = news.filter((column) => column.computed !== undefined)
  return [
    ...(computed.length === news.length
      ? []
      : [
          'Who writes a new column knows the new shape: where both are written and differ, the new one is right.',
          'ON CONFLICT by a new name needs an index, which it has from the switch on.',
        ]),
    ...(computed.length === 0
      ? []
      : [
          `What stands beside ${namesOf(computed)} is computed by the trigger, whatever somebody writes there.`,
        ]),
  ]
}

const expandText = (
  shape: ColumnsShape,
  before: Catalog,
): Pick<PhaseText, 'up' | 'down'> & { make: readonly string[] } => {
  const id = relationId(shape.table)
  const make = [...addBeside(shape, before), syncBeside(shape), ...triggerText(shape)]
  return {
    make,
    up: phaseText({
      head: [
        headLine(1, phases.length, 'expand', saysShape(shape)),
        `${namesOf(shape.news)} ${shape.news.length === 1 ? 'stands' : 'stand'} beside ${namesOf(shape.olds)}; a trigger keeps both alike, whichever application writes.`,
        'What stands on the old name stays where it is: in the switch that column itself gets the new name, and the one beside it the old name.',
        ...saysWho(shape),
      ],
      stages: [make],
    }),
    down: phaseText({
      head: [
        'Takes back expand: the new columns go, and the old ones have all that was written.',
        ...shape.news.map(
          ({ name }) =>
            `assay: loses ${structureId(id, 'column', name)} because the old columns say the same of every row`,
        ),
      ],
      stages: [
        [
          ...dropSync(shape),
          ...shape.news.map(
            ({ name }) => `alter table ${qualified(shape.table)} drop column if exists ${ident(name)}`,
          ),
        ],
      ],
    }),
  }
}

const keptRules = async (
  { architecture }: ShapeLab,
  db: Session,
  catalog: Catalog,
): Promise<ReadonlySet<string>> => {
  const { rules } = await bind(architecture, catalog, db)
  return new Set(rules.flatMap(({ rule, claims }) => (claims.length > 0 ? [rule.id] : [])))
}

interface Made {
  readonly context: ChangeContext
  /** Ids of what stands for a while, and of what has another id behind the switch. */
  readonly temporary: readonly string[]
  readonly renamed: readonly string[]
  readonly rules: readonly string[]
}

/** On a copy on which the columns stand beside each other. */
const tryOn = async (lab: ShapeLab, db: Session, shape: ColumnsShape, before: Catalog): Promise<Made> => {
  const expanded = await readCatalog(db)
  const rulesBefore = await keptRules(lab, db, before)
  await runAll(db, [...exchangeNames(shape), ...indexesBeside(shape, before)])
  const switched = await readCatalog(db)
  const rulesAfter = await keptRules(lab, db, switched)
  await runAll(db, exchangeNames(shape))
  const built = await readCatalog(db)
  const id = relationId(shape.table)
  const isNew = ({ id: one, table, kind }: { id: string; table: string | null; kind: string }): boolean =>
    table === id && (kind === 'unique' || kind === 'index') && !expanded.structures.has(one)
  return {
    context: await contextOf(lab, db, expanded, built),
    rules: [...rulesAfter].filter((one) => !rulesBefore.has(one)),
    renamed: [...before.structures.keys()].filter((one) => !switched.structures.has(one)),
    temporary: [
      ...shape.olds.map(({ name }) => structureId(id, 'column', name)),
      ...syncIds(shape),
      ...[built, switched].flatMap((catalog) =>
        [...catalog.structures.values()].filter(isNew).map((one) => one.id),
      ),
    ],
  }
}

const switchText = (
  lab: ShapeLab,
  shape: ColumnsShape,
  table: WalkedTable,
  { context }: Made,
): Pick<PhaseText, 'up' | 'down'> => {
  const back = turned(context)
  const goBack = [when(areExchanged(shape), exchangeNames(shape)), syncBeside(shape)]
  const verify = refuseWhere(
    table,
    disagreement(sidesOf(shape, 'beside')),
    `${relationId(shape.table)}: old and new differ in rows`,
    'Run the backfill before it: it fills them; rows that stay were written past the trigger.',
  )
  const analyze = `analyze ${qualified(shape.table)} (${identList(shape.news.map(({ name }) => name))})`
  return {
    up: phaseText({
      head: [
        headLine(3, phases.length, 'switch', saysShape(shape)),
        'Refuses, and changes nothing, while old and new differ in any row.',
        `${namesOf(shape.olds)} and what was put beside it change their names in one short transaction; keys, foreign keys, views and all else stay on the column that they stand on.`,
        'Prepared statements of open sessions may have to be prepared again.',
        inOneMoment,
      ],
      // A way back that was broken off may have left them exchanged.
      stages: [
        goBack,
        [verify],
        ...stagesOfChanges(changesBetween(context), context),
        [analyze],
        [...exchangeNames(shape), syncSwitched(shape)],
      ],
      session: [seeAllRows],
    }),
    down: phaseText({
      head: [
        'Takes back switch: the columns have their old names again, and all that stands on them.',
        inOneMoment,
      ],
      stages: [goBack, ...stagesBack(changesBetween(back), back, lab.fromHalfWay)],
    }),
  }
}

export const openInPlace = (lab: ShapeLab, asked: ColumnsShape): Promise<OpenedShape> =>
  withCopy(lab, async (db): Promise<OpenedShape> => {
    const refused = await obstaclesInPlace(db, asked)
    if (refused.length > 0) return { texts: [], rules: [], findings: refused }
    const before = await readCatalog(db)
    const table = await walkedTable(db, asked.table)
    const { isVolatile } = await contextOf(lab, db, before, before)
    const shape = { ...withDefaults(asked, before, isVolatile), keys: keysOf(asked, before) }
    const { make, ...expand } = expandText(shape, before)
    await runAll(db, make)
    const made = await tryOn(lab, db, shape, before)
    const { temporary, renamed, rules } = made
    const beside = [...temporary, ...renamed]
    return {
      shape,
      rules,
      findings: await laterTriggers(db, shape),
      texts: [
        { phase: 'expand', ...expand, files: {}, temporary: beside },
        { phase: 'backfill', ...backfillOfColumns(shape, table), temporary: beside },
        { phase: 'switch', ...switchText(lab, shape, table, made), files: {}, temporary },
      ],
    }
  })
