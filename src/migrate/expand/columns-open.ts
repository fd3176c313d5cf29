/** Columns beside columns: the phases up to the switch. Each statement has run on a copy before it is written. */
import { readCatalog } from '../../catalog/read-catalog.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { dollarQuoted, ident, literal, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { DefaultFacts } from '../../catalog/default.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Session } from '../../postgres/session.ts'
import type { Change, ChangeContext } from '../changes/change.ts'
import { changesBetween } from '../changes/changes-between.ts'
import {
  contextOf,
  designColumns,
  runAll,
  saysShape,
  turned,
  walkedTable,
  withCopy,
  type ShapeLab,
} from './lab.ts'
import { betweenZones, laterTriggers, obstacles, rounded, uncheckedTexts } from './obstacles.ts'
import { takeOldSide } from './old-side.ts'
import {
  backfillFile,
  headLine,
  inOneMoment,
  inPages,
  phaseText,
  stagesBack,
  stagesOfChanges,
  withALook,
  type Stage,
} from './phase-text.ts'
import { cutsOf } from './cutting-casts.ts'
import { keysOf } from './same-instant.ts'
import { isSwapped, type ColumnsShape, type PhaseText, type Shape } from './shape.ts'
import {
  disagreement,
  emptied,
  lostWithNews,
  nullComesBack,
  sidesOf,
  valuesInTable,
  type PlacedColumn,
  type Sides,
  type Stand,
} from './sides.ts'
import { computedOf, excludedBy } from './stands-on-column.ts'
import { dropSync, functionOf, syncFunction, triggerName, triggerText } from './sync.ts'
import {
  fillInPages,
  fillStatement,
  hasSuchRows,
  refuseUnconvertible,
  refuseWhere,
  seeAllRows,
  type WalkedTable,
} from './walk.ts'

export interface OpenedShape {
  /** With what was found out about it; absent: as it was asked. */
  readonly shape?: Shape
  readonly texts: readonly PhaseText[]
  /** Ids of rules that the new columns keep from the switch on, or from contract on. */
  readonly rules: readonly string[]
  readonly findings: readonly Finding[]
}

/** The trigger and its function. */
export const syncIds = (
  shape: ColumnsShape | { name: string; table: ColumnsShape['table'] },
): readonly string[] => [
  structureId(relationId(shape.table), 'trigger', triggerName(shape)),
  `function:${relationId(functionOf(shape))}()`,
]

const rename = (shape: ColumnsShape, from: string, to: string): string =>
  `alter table ${qualified(shape.table)} rename column ${ident(from)} to ${ident(to)}`

/** Where the names of both stands differ, the renames that lead from one to the other, so that no name is taken. */
const renames = (
  shape: ColumnsShape,
  from: readonly PlacedColumn[],
  to: readonly PlacedColumn[],
): readonly string[] =>
  from.flatMap(({ physical }, i) => {
    const next = to[i]?.physical
    return next === undefined || next === physical ? [] : [rename(shape, physical, next)]
  })

const swap = (shape: ColumnsShape): readonly string[] => {
  const [a, b] = [sidesOf(shape, 'beside'), sidesOf(shape, 'switched')]
  return [...renames(shape, a.olds, b.olds), ...renames(shape, a.news, b.news)]
}

const swapBack = (shape: ColumnsShape): readonly string[] => {
  const [a, b] = [sidesOf(shape, 'beside'), sidesOf(shape, 'switched')]
  return [...renames(shape, b.news, a.news), ...renames(shape, b.olds, a.olds)]
}

/** Statements that run only where this is so. */
export const when = (condition: string, statements: readonly string[]): string =>
  `do ${dollarQuoted(`\nbegin\n  if ${condition} then\n${statements.map((sql) => `    ${sql};`).join('\n')}\n  end if;\nend\n`)}`

export const columnStands = (shape: ColumnsShape, column: string): string =>
  `exists (select from pg_catalog.pg_attribute where attrelid = ${literal(qualified(shape.table))}::regclass and attname = ${literal(column)} and not attisdropped)`

const alterColumn = ({ shape }: Sides, column: string): string =>
  `alter table ${qualified(shape.table)} alter column ${ident(column)}`

/** What stands aside is written by the trigger, or by its place: a default would say that somebody wrote it. */
const dropDefaults = (sides: Sides): readonly string[] =>
  sides.olds.flatMap(({ physical, default: was }) =>
    was === undefined ? [] : [`${alterColumn(sides, physical)} drop default`],
  )

const setDefaults = (sides: Sides): readonly string[] =>
  sides.olds.flatMap(({ physical, default: was }) =>
    was === undefined ? [] : [`${alterColumn(sides, physical)} set default ${was}`],
  )

/** Nobody could tell such a default from what was written: the old column's holds for both until it goes. */
const isPostponed = ({ kind, after, before }: Change, context: ChangeContext): boolean =>
  kind === 'identity' ||
  (kind === 'default' &&
    context.isVolatile(((after ?? before)?.facts as DefaultFacts | undefined)?.expression ?? ''))

/** With what stands where a column is left out: a new one's is what its rules have made. */
const withDefaults = (shape: ColumnsShape, context: ChangeContext): ColumnsShape => {
  const id = relationId(shape.table)
  const defaultOf = (catalog: Catalog, name: string): string | null =>
    catalog.tables.get(id)?.columns.find((column) => column.name === name)?.default ?? null
  const { olds, news } = sidesOf(shape, 'beside')
  return {
    ...shape,
    olds: shape.olds.map((column, i) => {
      const found = defaultOf(context.before, olds[i]?.physical ?? '')
      return found === null ? column : { ...column, default: found }
    }),
    news: shape.news.map((column, i) => {
      const found = defaultOf(context.after, news[i]?.physical ?? '')
      return found === null || context.isVolatile(found) ? column : { ...column, default: found }
    }),
  }
}

const phasesOf = 5

const expandText = (shape: ColumnsShape, table: WalkedTable) => {
  const sides = sidesOf(shape, 'beside')
  const id = relationId(shape.table)
  const swaps = isSwapped(shape)
  const names = sides.news.map(({ physical }) => physical)
  const make = [
    ...sides.news.map(
      ({ physical, type }) => `alter table ${qualified(shape.table)} add column ${ident(physical)} ${type}`,
    ),
    syncFunction(sides, swaps ? 'from-old' : 'both'),
    ...triggerText(shape),
  ]
  const values = valuesInTable(sides, 'news').map((value, i) => ({
    value,
    type: sides.news[i]?.type ?? 'text',
  }))
  const check = refuseUnconvertible(
    table,
    values,
    `Rows of ${id} do not convert to ${shape.news.map(({ name, type }) => `${name} ${type}`).join(', ')}`,
  )
  const up = phaseText({
    head: [
      headLine(1, phasesOf, 'expand', saysShape(shape)),
      `${names.join(' and ')} ${names.length === 1 ? 'stands' : 'stand'} beside ${shape.olds.map(({ name }) => name).join(' and ')}; a trigger keeps ${swaps ? 'it' : 'both'} alike, whichever application writes.`,
      'A row that does not convert is named, and nothing is changed.',
      ...(swaps
        ? []
        : [
            'Who writes a new column knows the new shape: where both are written and differ, the new one is right.',
          ]),
    ],
    // A type that nobody needs after a refusal does not stay.
    stages: [[...shape.types.map(({ create }) => create), check], make],
    session: [seeAllRows],
  })
  const lost = lostWithNews(sides)
  const refuseLost =
    lost === null
      ? []
      : [
          refuseWhere(
            table,
            lost,
            `${id}: the old shape cannot say what stands in rows`,
            'Change these rows to values that the old columns can hold, then go back.',
            names.map((name) => columnStands(shape, name)).join(' and '),
          ),
        ]
  const down = phaseText({
    head: [
      'Takes back expand: the new columns go, and the old ones have all that was written.',
      ...(lost === null
        ? []
        : ['Refuses, and changes nothing, where the old shape cannot say what stands in a row.']),
      ...names.map(
        (name) =>
          `assay: loses ${structureId(id, 'column', name)} because the old columns say the same of every row`,
      ),
    ],
    stages: [
      [
        ...refuseLost,
        ...dropSync(shape),
        ...names.map((name) => `alter table ${qualified(shape.table)} drop column if exists ${ident(name)}`),
        ...shape.types.toReversed().map(({ drop }) => drop),
      ],
    ],
    session: lost === null ? [] : [seeAllRows],
  })
  return { make: [...shape.types.map(({ create }) => create), ...make], up, down }
}

/** What the new columns are told by the old ones. */
const toldNews = (sides: Sides): readonly { readonly column: string; readonly value: string }[] => {
  const values = valuesInTable(sides, 'news')
  return sides.news.map(({ physical }, i) => ({ column: physical, value: values[i] ?? 'null' }))
}

/** Null was a value of its own where no old application wrote; where one does again, it says that nobody has filled it. */
export const fillEmptied = (
  shape: ColumnsShape,
  table: WalkedTable,
  stand: Stand,
): { readonly head: readonly string[]; readonly stage: Stage } => {
  if (shape.nullComesBack !== true) return { head: [], stage: [] }
  const sides = sidesOf(shape, stand)
  const names = shape.news.map(({ name }) => name).join(' and ')
  return {
    head: [
      `Where ${names} ${shape.news.length === 1 ? 'is' : 'are'} null, the row gets what the old columns make of it: beside them null says that nobody has filled it.`,
      inPages,
    ],
    stage: [fillInPages(table, toldNews(sides), emptied(sides))],
  }
}

export const backfillOfColumns = (
  shape: ColumnsShape,
  table: WalkedTable,
): Pick<PhaseText, 'up' | 'down' | 'files'> => {
  const sides = sidesOf(shape, 'beside')
  const id = relationId(shape.table)
  const set = toldNews(sides)
  const condition = disagreement(sides)
  return {
    up: phaseText({
      head: [
        headLine(2, phasesOf, 'backfill', saysShape(shape)),
        `Rows of ${id} that nobody has written since are filled, some pages in each transaction; it may run again.`,
        withALook(backfillFile),
        'assay: data',
        'assay: rerunnable',
        inPages,
      ],
      stages: [[fillInPages(table, set, condition)]],
      session: [seeAllRows],
    }),
    down: '-- Takes back nothing: the new columns go with expand.\n',
    files: {
      [backfillFile]: `-- The same in one statement, for: assay migrate backfill FILE --url …\n${fillStatement(table, set, condition)};\n`,
      'after.sql': `-- Rows whose two shapes do not say the same.\n${hasSuchRows(table, condition)};\n`,
    },
  }
}

/** With what becomes of null; an expression that is refused is told by the phase that has it. */
const withNulls = async (db: Session, shape: ColumnsShape): Promise<ColumnsShape> => {
  const [reply] = await db.batch([nullComesBack(shape)])
  return reply?.commands[0]?.rows[0]?.[0] === 't' ? { ...shape, nullComesBack: true } : shape
}

/** The phases that may be released at once, in their order: none of them takes anything from the old application. */
export const openColumns = (lab: ShapeLab, stated: ColumnsShape): Promise<OpenedShape> =>
  withCopy(lab, async (db): Promise<OpenedShape> => {
    const swaps = isSwapped(stated)
    const refused = await obstacles(db, stated)
    if (refused.length > 0) return { texts: [], rules: [], findings: refused }
    const table = await walkedTable(db, stated.table)
    await runAll(db, expandText(stated, table).make)
    const asked = await withNulls(db, stated)
    const expanded = await readCatalog(db)
    const cuts = await cutsOf(db, asked, expanded)
    const computed = computedOf(asked, expanded, lab.major)
    if (computed.length > 0) return { texts: [], rules: [], findings: computed }
    await runAll(db, swap(asked))
    const names = asked.news.map(({ name }) => name)
    // What is refused beside the old side is tried again without it.
    const designed = await designColumns(
      lab,
      db,
      asked.table,
      names,
      () => null,
      swaps ? undefined : expanded,
    )
    await runAll(db, swapBack(asked))
    const made = swaps ? await readCatalog(db) : designed.catalog
    const context = await contextOf(lab, db, expanded, made)
    const back = turned(context)
    const keys = keysOf(asked, expanded)
    const shape = { ...withDefaults(asked, context), ...(keys.length === 0 ? {} : { keys }) }
    const beside = sidesOf(shape, 'beside')
    const switched = sidesOf(shape, 'switched')
    const expand = expandText(shape, table)
    const isOwn = (change: Change): boolean => swaps || !isPostponed(change, context)
    const changes = changesBetween(context).filter(isOwn)
    const backwards = changesBetween(back).filter(isOwn)
    const exchange = swaps
      ? [...swap(shape), ...dropDefaults(switched), syncFunction(switched, 'from-new')]
      : []
    await runAll(db, exchange)
    const without = await takeOldSide(lab, db, switched, swaps ? undefined : made)
    if (!('ids' in without)) return { texts: [], rules: [], findings: without }
    const temporary = [...without.ids, ...syncIds(shape)]

    const id = relationId(shape.table)
    const verify = refuseWhere(
      table,
      disagreement(beside),
      `${id}: old and new differ in rows`,
      'Run the backfill before it: it fills them; rows that stay were written past the trigger.',
    )
    const kept = switched.olds.find(({ name, physical }) => name !== physical)?.physical ?? ''
    const exchangeBack = swaps
      ? [
          when(columnStands(shape, kept), [...swapBack(shape), ...setDefaults(beside)]),
          syncFunction(beside, 'from-old'),
        ]
      : []
    const backfill = backfillOfColumns(shape, table)
    const filled = swaps ? fillEmptied(shape, table, 'beside') : { head: [], stage: [] }
    return {
      shape,
      rules: [...designed.rules, ...without.rules],
      findings: [
        ...uncheckedTexts(shape, expanded),
        ...betweenZones(shape),
        ...rounded(shape),
        ...cuts,
        ...excludedBy(shape, expanded),
        ...(await laterTriggers(db, shape)),
      ],
      texts: [
        { phase: 'expand', up: expand.up, down: expand.down, files: {}, temporary },
        { phase: 'backfill', ...backfill, temporary },
        {
          phase: 'switch',
          up: phaseText({
            head: [
              headLine(3, phasesOf, 'switch', saysShape(shape)),
              'Refuses, and changes nothing, while old and new differ in any row.',
              ...(changes.length === 0
                ? []
                : [
                    `Makes ${changes
                      .filter(({ does }) => does === 'make')
                      .map((one) => one.id)
                      .join(', ')}.`,
                  ]),
              ...(swaps
                ? [
                    `${names.join(', ')} and what was put beside it change places; prepared statements of open sessions may have to be prepared again.`,
                    inOneMoment,
                  ]
                : []),
            ],
            // A way back that was broken off may have left them in their places.
            stages: [exchangeBack, [verify], ...stagesOfChanges(changes, context), exchange],
            session: [seeAllRows],
          }),
          down: phaseText({
            head: ['Takes back switch.', ...filled.head],
            stages: [exchangeBack, ...stagesBack(backwards, back, lab.fromHalfWay), filled.stage],
            session: filled.stage.length > 0 ? [seeAllRows] : [],
          }),
          files: {},
          temporary,
        },
      ],
    }
  })
