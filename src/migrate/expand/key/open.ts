/** A key of another type, with all that points to it: the phases up to the switch, each statement run on a copy first. */
import { relationObjectId } from '../../../catalog/uses.ts'
import { createView, type ViewFacts } from '../../../catalog/view/structure.ts'
import type { GrantFacts } from '../../../catalog/grant.ts'
import { kindOfStructure } from '../../../catalog/kind-of.ts'
import { readCatalog } from '../../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import { relationId } from '../../../ground/names.ts'
import { ident, identList, literal, qualified } from '../../../postgres/quote.ts'
import type { Session } from '../../../postgres/session.ts'
import { structureName } from '../../../rules/ddl.ts'
import { bind } from '../../../prove/bind.ts'
import type { Finding } from '../../../prove/result.ts'
import type { Change, ChangeContext } from '../../changes/change.ts'
import { changesBetween } from '../../changes/changes-between.ts'
import { stepsOf } from '../../changes/kinds.ts'
import { columnStands, syncIds, when, type OpenedShape } from '../columns-open.ts'
import { contextOf, runAll, saysShape, turned, walkedTable, withCopy, type ShapeLab } from '../lab.ts'
import { betweenZones, laterTriggers, rounded, uncheckedTexts } from '../obstacles.ts'
import { apart, headLine, inOneMoment, phaseText, stagesBack, stagesOfChanges } from '../phase-text.ts'
import { keysOf } from '../same-instant.ts'
import type { ColumnsShape, KeyShape, PhaseText } from '../shape.ts'
import { sidesOf } from '../sides.ts'
import type { WalkedTable } from '../walk.ts'
import { refuseWhere, seeAllRows } from '../walk.ts'
import { catchUp } from './drawn/draw-on.ts'
import { isHead } from './drawn/places.ts'
import { backfillText, expandText, makeBeside } from './beside.ts'
import { idsAs } from './ids-as.ts'
import { phasesOfKey } from './phases.ts'
import { syncIdsOf } from './sync-ids.ts'
import { indexNewPartitions } from './partition-indexes.ts'
import { findStandsOn, type StandsOn } from './stands-on.ts'
import { isReplaced, isTwin, keptName, nextName } from './stood-on.ts'
import {
  clearTwins,
  renameColumns,
  swapBack,
  swapForth,
  validates,
  type NamedNotNull,
  type SwapParts,
} from './swap.ts'
import type { Teller } from './teller.ts'
import { tellerOf } from './tellers.ts'
import { renameViews, twinViews } from './twin-views.ts'

/** The statement that makes it under a name of its own, beside the one that has its name. */
const makeAs = (structure: Structure, name: string, catalog: Catalog): readonly string[] => {
  const isKey = structure.kind === 'primaryKey'
  const facts = {
    ...(structure.facts as object),
    name,
    comment: null,
    isReplicaIdentity: false,
    // PostgreSQL takes one primary key: until the switch it is a unique index.
    ...(isKey ? { isConstraint: false } : {}),
  }
  const own = { ...structure, name, facts, kind: isKey ? 'unique' : structure.kind }
  return kindOfStructure(own).create(own, catalog)
}

const twinOf = (old: Structure, part: ColumnsShape | undefined, named: Catalog): Structure | undefined => {
  const at = part?.olds.findIndex(({ name }) => name === old.name) ?? -1
  const name = old.kind === 'required' ? part && sidesOf(part, 'beside').news[at]?.physical : old.name
  return [...named.structures.values()].find(
    (one) => one.kind === old.kind && one.table === old.table && one.name === name,
  )
}

const same = (name: string): string => name

/** All that stands on the new columns before the switch, and an index over the old ones from which a way back takes its key. */
const makeTwins = async (db: Session, shape: KeyShape, found: StandsOn): Promise<void> => {
  const rank = ({ kind }: Structure): number => (kind === 'references' ? 1 : 0)
  for (const old of found.olds.filter(isTwin).toSorted((a, b) => rank(a) - rank(b))) {
    const part = shape.parts.find(({ table }) => relationId(table) === old.table)
    const twin = twinOf(old, part, found.named)
    if (twin === undefined) throw new Error(`no ${old.id} over the new columns`)
    await runAll(
      db,
      old.kind === 'required'
        ? kindOfStructure(twin).create(twin, found.named)
        : makeAs(twin, nextName(old.name), found.named),
    )
    if (old.kind === 'primaryKey') await runAll(db, makeAs(old, keptName(old.name), found.before))
  }
  const views = twinViews(found.olds).flatMap(({ id }) => found.goal.structures.get(id) ?? [])
  // Made while all have the names of the end, by which their texts name them: PostgreSQL follows what is renamed behind that.
  await inOne(db, [
    ...renameColumns(shape, 'forth'),
    ...renameViews(found.olds, same, keptName),
    ...views.flatMap((view) => createView(view as Structure<ViewFacts>)),
    ...renameViews(found.olds, same, nextName),
    ...renameViews(found.olds, keptName, same),
    ...renameColumns(shape, 'back'),
  ])
}

const notNullsSql = ({ parts }: KeyShape): string =>
  parts
    .flatMap((part) => {
      const { olds, news } = sidesOf(part, 'beside')
      const oid = `${literal(qualified(part.table))}::regclass`
      const nameOf = (column: string): string =>
        `(select c.conname from pg_catalog.pg_constraint c join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
          where c.conrelid = ${oid} and c.contype = 'n' and a.attname = ${literal(column)})`
      return olds.map(
        ({ physical }, i) =>
          `select ${literal(relationId(part.table))} as id, ${literal(keptName(physical))} as column, ${literal(news[i]?.physical ?? '')} as next, ${nameOf(physical)} as old, ${nameOf(news[i]?.physical ?? '')} as young`,
      )
    })
    .join('\nunion all\n')

/** NOT NULL is a constraint with a name since this version. */
const namedSince = 18

/** PostgreSQL names a NOT NULL of its own otherwise than the phases do, where a name is long or has signs in it. */
const nameAsWritten = async (db: Session, shape: KeyShape): Promise<void> => {
  const built = await db.json<{ readonly id: string; readonly next: string; readonly young: string | null }>(
    notNullsSql(shape),
  )
  for (const { id, next, young } of built) {
    const table = shape.parts.find((part) => relationId(part.table) === id)?.table
    const name = structureName(id, next, 'not_null')
    if (table !== undefined && young !== null && young !== name)
      await runAll(db, [
        `alter table ${qualified(table)} rename constraint ${ident(young)} to ${ident(name)}`,
      ])
  }
}

const notNullsOf = async (db: Session, shape: KeyShape): Promise<readonly NamedNotNull[]> => {
  const rows = await db.json<{
    readonly id: string
    /** Once it is aside. */
    readonly column: string
    readonly old: string | null
    readonly young: string | null
  }>(notNullsSql(shape))
  return rows.flatMap(({ id, column, old, young }) => {
    const table = shape.parts.find((part) => relationId(part.table) === id)?.table
    return table === undefined || old === null || young === null
      ? []
      : [{ table, old, young, kept: structureName(id, column, 'not_null') }]
  })
}

/** Who may use a sequence that stays with the old column, and goes on drawing. */
const isOfSequence = ({ kind, before, after }: Change): boolean =>
  kind === 'grant' && ((before ?? after)?.facts as GrantFacts | undefined)?.object.kind === 'sequence'

/** What is to be said again once the columns have changed places. */
const restBetween = (
  context: ChangeContext,
  { shape, found }: Pick<SwapParts, 'shape' | 'found'>,
): readonly string[] => {
  const aside = twinViews(found.olds).map(({ kind, facts }) =>
    relationObjectId(kind, { ...facts, name: keptName(facts.name) }),
  )
  const own = new Set([...shape.parts.flatMap((part) => syncIds(part)), ...aside])
  return changesBetween(context)
    .filter((change) => {
      const { id, kind, covers } = change
      const isSaidAgain = isReplaced({ kind }) || kind === 'generated'
      if (!isSaidAgain || own.has(id) || covers.some((one) => own.has(one))) return false
      return shape.drawn === undefined || !isOfSequence(change)
    })
    .flatMap((change) => stepsOf(change, context).map(({ sql }) => sql))
}

/** Ids of the old columns once they are put aside, and of what stands on them. */
const keptIds = async (db: Session, shape: KeyShape, catalog: Catalog): Promise<readonly string[]> => {
  await db.query('begin')
  try {
    for (const part of shape.parts)
      for (const { physical } of sidesOf(part, 'switched').olds)
        await db.query(`alter table ${qualified(part.table)} drop column ${ident(physical)} cascade`)
    const without = await readCatalog(db)
    return [...catalog.structures.keys()].filter((id) => !without.structures.has(id))
  } finally {
    await db.query('rollback')
  }
}

/** Rules that no structure kept before, and one keeps now. */
const rulesMade = async (
  { architecture }: ShapeLab,
  db: Session,
  before: ReadonlySet<string>,
  catalog: Catalog,
): Promise<readonly string[]> => {
  const { rules } = await bind(architecture, catalog, db)
  return rules.flatMap(({ rule, claims }) => (claims.length > 0 && !before.has(rule.id) ? [rule.id] : []))
}

const keptRules = async ({ architecture }: ShapeLab, db: Session, catalog: Catalog) =>
  new Set(
    (await bind(architecture, catalog, db)).rules.flatMap(({ rule, claims }) =>
      claims.length > 0 ? [rule.id] : [],
    ),
  )

const switchTexts = (
  lab: ShapeLab,
  parts: SwapParts,
  tables: readonly WalkedTable[],
  wish: {
    readonly teller: Teller
    readonly context: ChangeContext
    readonly back: ChangeContext
    readonly forth: readonly string[]
    readonly backwards: string
  },
): Pick<PhaseText, 'up' | 'down'> => {
  const { shape } = parts
  const { teller, context, back, forth, backwards } = wish
  const verify = shape.parts.map((part, i) => {
    const table = tables[i] as WalkedTable
    return refuseWhere(
      table,
      teller.differing(part, 'beside'),
      `${relationId(part.table)}: old and new differ in rows`,
      'Run the backfill before it: it fills them; rows that stay were written past the trigger.',
    )
  })
  const analyze = shape.parts.map(
    (part) =>
      `analyze ${qualified(part.table)} (${identList(sidesOf(part, 'beside').news.map(({ physical }) => physical))})`,
  )
  const names = shape.parts.flatMap(({ table, news }) =>
    news.map(({ name }) => `${relationId(table)}.${name}`),
  )
  return {
    up: phaseText({
      head: [
        headLine(3, phasesOfKey, 'switch', saysShape(shape)),
        'Refuses, and changes nothing, while old and new differ in any row.',
        'Indexes and constraints are built beside the old ones while writers go on. In the end all change places in one short transaction, and have their names.',
        ...teller.says.switch,
        `Prepared statements of open sessions that read ${names.join(', ')} may have to be prepared again.`,
        inOneMoment,
      ],
      // A way back that was broken off may have left them in their places.
      stages: [
        [backwards],
        ...clearTwins(parts).map((sql) => [sql]),
        ...verify.map((sql) => [sql]),
        ...apart(stagesOfChanges(changesBetween(context), context)),
        ...indexNewPartitions(parts.found.olds, parts.found.before, nextName).map((sql) => [sql]),
        ...analyze.map((sql) => [sql]),
        ...catchUp(shape, 'beside').map((sql) => [sql]),
        forth,
      ],
      session: [seeAllRows],
    }),
    down: phaseText({
      head: [
        'Takes back switch: the old columns have what was written since, too.',
        'Foreign keys hold for every write at once, and are looked up in all rows behind that.',
      ],
      stages: [
        [backwards],
        ...validates(parts).map((sql) => [sql]),
        ...apart(stagesBack(changesBetween(back), back, lab.fromHalfWay)),
      ],
    }),
  }
}

/** With what the columns draw where they are left out, and keys that stand twice. */
const withDrawn = (
  shape: KeyShape,
  { goal, before }: StandsOn,
  isVolatile: ChangeContext['isVolatile'],
): KeyShape => ({
  ...shape,
  parts: shape.parts.map((part) => ({
    ...part,
    // A value that is drawn is another one on the new side: no second row has both.
    keys: keysOf(part, before).filter((columns) =>
      columns.every((column) => !isHead(shape, relationId(part.table), column)),
    ),
    news: part.news.map((column) => {
      const found = goal.tables.get(relationId(part.table))?.columns.find(({ name }) => name === column.name)
      const draws = found?.identity != null || (found?.default != null && isVolatile(found.default))
      return draws ? { ...column, isDrawn: true as const } : column
    }),
  })),
})

export const openKey = async (lab: ShapeLab, asked: KeyShape): Promise<OpenedShape> => {
  const none = (findings: readonly Finding[]): OpenedShape => ({ texts: [], rules: [], findings })
  const found = await findStandsOn(lab, asked)
  if (found.obstacles.length > 0) return none(found.obstacles)
  return withCopy(lab, async (db): Promise<OpenedShape> => {
    const { isVolatile } = await contextOf(lab, db, found.before, found.goal)
    const views = twinViews(found.olds).map(({ facts: { schema, name, materialized } }) => ({
      schema,
      name,
      materialized,
    }))
    const drawn = withDrawn(asked, found, isVolatile)
    const shape = views.length === 0 ? drawn : { ...drawn, views }
    const tables: WalkedTable[] = []
    for (const { table } of shape.parts) tables.push(await walkedTable(db, table))
    const rulesBefore = await keptRules(lab, db, found.before)
    const teller = tellerOf(shape)
    await runAll(db, makeBeside(teller, shape).flat())
    const beside = await readCatalog(db)
    await makeTwins(db, shape, found)
    await nameAsWritten(db, shape)
    const built = idsAs(await readCatalog(db), beside)
    // An older server gives NOT NULL no name.
    const notNulls = lab.major < namedSince ? [] : await notNullsOf(db, shape)
    const parts: SwapParts = { shape, found, notNulls }
    const context = await contextOf(lab, db, beside, built)

    await inOne(db, swapForth(parts, []))
    const plain = await readCatalog(db)
    const restForth = restBetween({ ...context, before: plain, after: found.goal, online: false }, parts)
    await inOne(db, restForth)
    const switched = await readCatalog(db)
    const rules = await rulesMade(lab, db, rulesBefore, switched)
    const temporary = [...(await keptIds(db, shape, switched)), ...syncIdsOf(shape, switched)]
    await inOne(db, swapBack(parts, []))
    const gone = await readCatalog(db)
    const restBack = restBetween({ ...context, before: gone, after: built, online: false }, parts)
    await inOne(db, restBack)

    const head = shape.parts[0] as ColumnsShape
    const kept = sidesOf(head, 'switched').olds[0]?.physical ?? ''
    const backwards = when(columnStands(head, kept), swapBack(parts, restBack))
    const back = turned(context)
    return {
      shape,
      rules,
      findings: await afterwards(db, shape, found.before),
      texts: [
        { phase: 'expand', ...expandText(shape, teller, tables), files: {}, temporary },
        { phase: 'backfill', ...backfillText(shape, teller, tables), temporary },
        {
          phase: 'switch',
          ...switchTexts(lab, parts, tables, {
            teller,
            context,
            back,
            forth: swapForth(parts, restForth),
            backwards,
          }),
          files: {},
          temporary,
        },
      ],
    }
  })
}

const inOne = async (db: Session, statements: readonly string[]): Promise<void> => {
  await db.query('begin')
  await runAll(db, statements)
  await db.query('commit')
}

const afterwards = async (db: Session, shape: KeyShape, before: Catalog): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const part of shape.parts) {
    if (shape.drawn === undefined)
      findings.push(...uncheckedTexts(part, before), ...betweenZones(part), ...rounded(part))
    findings.push(...(await laterTriggers(db, part)))
  }
  return findings
}
