/** The end of a cutover, in either way: slots, subscriptions, publications, triggers and journals are gone from both sides. */
import { AssayError } from '../../ground/errors.ts'
import { userSchema } from '../../catalog/tables-sql.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { setIdentities } from './copy.ts'
import { takeDownDoors, welcomeStatements } from './doors.ts'
import { dropPublication, dropSlot, dropSubscription, readOwnSlots } from './follow.ts'
import { doorSql, dropJournalSql, readJournal, type SideRow } from './journal.ts'
import { cutoverSchema, publicationName, stepCommand } from './names.ts'
import { placeOf, type Pair, type Side } from './side.ts'
import { undoPause } from './undo.ts'
import { activeKey, isPaused } from './state.ts'

export interface Cleaned {
  /** What was there and is gone, in words. */
  readonly gone: readonly string[]
  /** Databases that stay closed to all roles that could enter before. */
  readonly closed: readonly string[]
  /** Statements that let in again who could enter. */
  readonly toOpen?: readonly string[]
  /** Databases that keep what was copied into them. */
  readonly kept?: readonly string[]
}

const identitySteps = (side: Side, row: SideRow | null): Promise<void> =>
  setIdentities(side, row?.identities ?? [], false)

const isCopied = `${userSchema('n')} and n.nspname not in ('public', ${literal(cutoverSchema)})
  and not exists (select from pg_catalog.pg_extension e where e.extnamespace = n.oid)`

/** Of the schema public, which itself stays as PostgreSQL made it. What belongs to another, as the sequence of an identity, goes with it. */
const inPublicSql = `
  select o.type, o.identity from pg_catalog.pg_depend d, pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
  where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.deptype = 'n'
    and d.refobjid = (select n.oid from pg_catalog.pg_namespace n where n.nspname = 'public')
    and not exists (select from pg_catalog.pg_depend e where e.classid = d.classid and e.objid = d.objid and e.deptype in ('e', 'i')
      and (e.refclassid, e.refobjid) <> (e.classid, e.objid))
  order by d.classid, d.objid`

/** The target was empty when the copy began. */
const dropCopy = async ({ db }: Side): Promise<void> => {
  const names = (sql: string): Promise<{ readonly name: string }[]> => db.json(sql)
  const schemas = await names(`select n.nspname as name from pg_catalog.pg_namespace n where ${isCopied}`)
  const publications = await names(
    `select p.pubname as name from pg_catalog.pg_publication p where p.pubname <> ${literal(publicationName)}`,
  )
  const objects = await db.json<{ readonly type: string; readonly identity: string }>(inPublicSql)
  await db.query(
    [
      'begin',
      ...publications.map(({ name }) => `drop publication ${ident(name)}`),
      ...schemas.map(({ name }) => `drop schema ${ident(name)} cascade`),
      ...objects.map(
        ({ type, identity }) => `drop ${type.replace(/ object$/u, '')} if exists ${identity} cascade`,
      ),
      'commit',
    ].join(';\n'),
  )
}

/** One side, whatever is left of a cutover there. Subscriptions are to be gone on both sides before slots are dropped. */
const cleanSide = async (
  side: Side,
  row: SideRow | null,
  { opensDoor, dropsCopy }: { readonly opensDoor: boolean; readonly dropsCopy: boolean },
): Promise<readonly string[]> => {
  const gone: string[] = []
  for (const name of await readOwnSlots(side))
    if (await dropSlot(side, name)) gone.push(`the slot ${name} of ${placeOf(side)}`)
  await dropPublication(side)
  if (row === null) return gone
  // While the journal stands: whoever is refused here can ask again.
  if (dropsCopy) await dropCopy(side)
  if (!row.isOpen && opensDoor)
    await side.db.query(
      ['begin', doorSql(true), ...(await welcomeStatements(side, row)), 'commit'].join(';\n'),
    )
  await takeDownDoors(side)
  await identitySteps(side, row)
  await side.db.query(dropJournalSql)
  return [...gone, `publication, triggers and journal of ${placeOf(side)}`]
}

const dropBoth = async (
  pair: Pair,
  rows: readonly [SideRow | null, SideRow | null],
  opensDoor: boolean,
  dropsCopy: boolean,
): Promise<readonly string[]> => {
  await dropSubscription(pair.to)
  await dropSubscription(pair.from)
  return [
    ...(await cleanSide(pair.from, rows[0], { opensDoor, dropsCopy: false })),
    ...(await cleanSide(pair.to, rows[1], { opensDoor, dropsCopy })),
  ]
}

const notSwitched = (): AssayError =>
  new AssayError('The target is not in use.', {
    code: 'cutover.not-switched',
    exit: 4,
    asked: 'to finish',
    found: 'the source takes the writes',
    why: 'finish takes the way back away, which only makes sense behind a switch',
    mend: `Switch first:\n${stepCommand('switch')}\nOr give it up:\n${stepCommand('abort')}`,
    next: [stepCommand('switch'), stepCommand('abort')],
  })

const inUse = (to: Side): AssayError =>
  new AssayError(`${placeOf(to)} is in use.`, {
    code: 'cutover.in-use',
    exit: 4,
    asked: 'to give the cutover up',
    found: 'the switch was made, and the application writes to the target',
    why: 'without the cutover nothing brings those writes back to the source',
    mend: `Go back first:\n${stepCommand('back')}\nOr stay there for good:\n${stepCommand('finish')}`,
    next: [stepCommand('back'), stepCommand('finish')],
  })

const readBoth = async ({ from, to }: Pair): Promise<readonly [SideRow | null, SideRow | null]> =>
  Promise.all([readJournal(from.db), readJournal(to.db)])

/** The source stays closed: what is written there now would be lost. */
export const finish = async (pair: Pair): Promise<Cleaned> => {
  const [from, to] = await readBoth(pair)
  // With one journal only an earlier run has ended the other side.
  if (from !== null && to !== null && (isPaused({ from, to }) || activeKey({ from, to }) !== 'to'))
    throw notSwitched()
  if (to === null && from !== null && from.isOpen) throw notSwitched()
  const toOpen = from === null ? [] : await welcomeStatements(pair.from, from)
  const gone = await dropBoth(pair, [from, to], false, false)
  return { gone, closed: from === null ? [] : [placeOf(pair.from)], toOpen }
}

/** Also what is left where a run was killed, or a database was made anew. */
export const abort = async (pair: Pair, dropsCopy: boolean): Promise<Cleaned> => {
  let [from, to] = await readBoth(pair)
  if (from !== null && to !== null && from.id === to.id) {
    if (isPaused({ from, to })) {
      await undoPause(pair)
      ;[from, to] = await readBoth(pair)
    }
    if (from !== null && to !== null && activeKey({ from, to }) === 'to') throw inUse(pair.to)
  }
  if (from === null && to?.isOpen === true) throw inUse(pair.to)
  const gone = await dropBoth(pair, [from, to], true, dropsCopy)
  return {
    gone: [...gone, ...(dropsCopy && to !== null ? [`all rows and structures of ${placeOf(pair.to)}`] : [])],
    closed: [],
    kept: to !== null && !dropsCopy ? [placeOf(pair.to)] : [],
  }
}

const perhapsInUse = (from: Side): AssayError =>
  new AssayError(
    `${placeOf(from)} is closed: the target may be in use, or have rows that the source lacks.`,
    {
      code: 'cutover.lost-target',
      exit: 4,
      asked: 'to give the cutover up without its target',
      found: 'the source does not take writes',
      why: 'rows that were written at the target are lost when the source is opened again',
      mend: 'When the target is gone for good: assay migrate cutover abort --without-target --accept lost-target --from …',
    },
  )

/** The other server is out of reach: at least this one keeps nothing for it any more. */
export const abortAlone = async (from: Side, isLost: boolean): Promise<Cleaned> => {
  const row = await readJournal(from.db)
  if (row !== null && !row.isOpen && !isLost) throw perhapsInUse(from)
  await dropSubscription(from)
  return { gone: await cleanSide(from, row, { opensDoor: true, dropsCopy: false }), closed: [] }
}
