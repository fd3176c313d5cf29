/** What `migrate test` has to say of a migration, each with the statement or line that mends it. */
import type { CatalogDifference, Listed } from '../../catalog/difference.ts'
import type { AssayError, SourcePlace } from '../../ground/errors.ts'
import { relationId, type RelationName } from '../../ground/names.ts'
import { offsetOfPosition, placeInFile } from '../../ground/source-place.ts'
import { qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { Direction, Migration, MigrationKind, MigrationScript } from '../files/migration.ts'
import { isUnknownName, repeatableOrder } from '../files/repeatable-order.ts'
import { lossDirective } from './declared-losses.ts'
import type { MigrationStep } from '../files/steps.ts'
import type { UnfitRows } from './unfit-rows.ts'
import type { FilledTable } from './fill-rows.ts'
import type { RowDifference, SequenceBack } from './row-difference.ts'
import { isByDesign, type Refusal } from './run-stages.ts'

type Told = Omit<Finding, 'code' | 'severity'>

const error = (code: string, told: Told): Finding => ({ code: `migrate.${code}`, severity: 'error', ...told })

const longest = 1_200
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)} …` : text)

const placeOf = ({ file, text }: MigrationScript, { fault, step }: Refusal): SourcePlace =>
  placeInFile(
    file,
    text,
    step.start + (fault.position === null ? 0 : offsetOfPosition(step.text, fault.position - 1)),
  )

const saidBy = ({ fault }: Refusal): string => `${fault.message} (SQLSTATE ${fault.sqlstate})`

const whereOf = (script: MigrationScript, refusal: Refusal): Pick<Finding, 'where'> => {
  const { file, line } = placeOf(script, refusal)
  return { where: { file, line } }
}

/** Where nothing of the migration itself can be blamed: its first line. */
const headOf = ({ file }: MigrationScript): Pick<Finding, 'where'> => ({
  where: { file: placeInFile(file, '', 0).file, line: 1 },
})

const correctionOf = (kind: MigrationKind, { fault }: Refusal, onRows: boolean): string => {
  if (kind === 'repeatable' && isUnknownName(fault)) return repeatableOrder
  return onRows ? 'Correct the statement, so that it takes rows as they are:' : 'Correct the statement:'
}

/** Of rows that the tables take as they are, and a way back that keeps them safe. */
const noPlaceForRows = (
  { name }: Pick<Migration, 'name'>,
  script: MigrationScript,
  refusal: Refusal,
): Finding =>
  error('down-fails', {
    summary: `${name}: down is refused while there are rows that the old shape has no place for: ${saidBy(refusal)}`,
    why: 'the tables take such rows, and whoever writes one takes away the way back',
    fix: `Let the new columns take no more than the old ones can say, by a CHECK that goes with them, or let down.sql say what becomes of such rows before this statement:\n${cut(refusal.step.text)}`,
    ...whereOf(script, refusal),
  })

/** `onRows`: it ran while the tables were empty. */
export const refused = (
  { name, kind }: Migration,
  script: MigrationScript,
  direction: Direction,
  refusal: Refusal,
  onRows: boolean,
): Finding =>
  direction === 'down' && isByDesign(refusal)
    ? noPlaceForRows({ name }, script, refusal)
    : error(`${direction}-fails`, {
        summary: `${name}: ${direction === 'up' ? 'up' : 'down'} is refused${onRows ? ' once the tables have rows' : ''}: ${saidBy(refusal)}`,
        why: onRows
          ? 'it runs on empty tables only, which production does not have'
          : direction === 'up'
            ? 'what PostgreSQL refuses here it refuses in production'
            : 'when it is needed, there is no way back',
        fix: `${correctionOf(kind, refusal, onRows)}\n${cut(refusal.step.text)}`,
        ...whereOf(script, refusal),
      })

export const notReached = (migration: Migration, { name }: Migration): Finding =>
  error('not-reached', {
    summary: `${migration.name} was not tested: ${name}, which stands before it, is refused`,
    reason: 'a migration that stands before it is refused',
    why: 'a migration is tested on the database that those before it make',
    fix: `Correct ${name} first.`,
    ...headOf(migration.up),
  })

export const noDown = (migration: Migration): Finding =>
  error('no-down', {
    summary: `${migration.name} has no way back`,
    reason: 'a migration has no way back',
    why: 'by default a migration has a down that is proven; one without says so',
    fix: 'Write what undoes it beside it (a directory with up.sql and down.sql, or NAME.down.sql beside NAME.sql), or say at its head why there is none:\n-- assay: direction forward because …',
    ...headOf(migration.up),
  })

const lines = (what: string, all: readonly Listed[]): readonly string[] =>
  all.map(({ id, definition }) => `${what}: ${id} ${cut(definition)}`)

interface DifferenceTold {
  readonly code: string
  readonly summary: string
  readonly why: string
  readonly fix: string
}

const sections = (
  made: string,
  gone: string,
  { made: more, changed, gone: less }: CatalogDifference,
): string =>
  [
    ...lines(made, more),
    ...lines(gone, less),
    ...changed.map(({ id, before, after }) => `${id} was ${cut(before)}, is ${cut(after)}`),
  ].join('\n')

const structuresOf = ({ made, changed, gone }: CatalogDifference): readonly string[] =>
  [...made, ...changed, ...gone].map(({ id }) => id)

const mostNamed = 5

const namesOf = (difference: CatalogDifference): string => {
  const ids = structuresOf(difference)
  const more = ids.length > mostNamed ? ` and ${ids.length - mostNamed} more` : ''
  return `${ids.slice(0, mostNamed).join(', ')}${more}`
}

const differs = (
  script: MigrationScript,
  difference: CatalogDifference,
  told: DifferenceTold,
  [made, gone]: readonly [string, string] = ['is there, and was not', 'is gone'],
): Finding => {
  const [structure] = structuresOf(difference)
  return error(told.code, {
    ...(structure === undefined ? {} : { structure }),
    summary: `${told.summary}: ${namesOf(difference)}`,
    why: told.why,
    fix: `${told.fix}\n${sections(made, gone, difference)}`,
    ...headOf(script),
  })
}

export const downDiffers = (migration: Migration, down: MigrationScript, found: CatalogDifference): Finding =>
  differs(
    down,
    found,
    {
      code: 'down-differs',
      summary: `${migration.name}: after down the database is another one than before up`,
      why: 'the next up, and every migration behind it, would start from a state that nobody has tested',
      fix: 'Let down.sql undo all that up.sql does. What differs:',
    },
    ['is left behind', 'is not made again'],
  )

export const upDiffers = (migration: Migration, found: CatalogDifference): Finding =>
  differs(migration.up, found, {
    code: 'up-differs',
    summary: `${migration.name}: up after down gives another database than the first up`,
    why: 'who went back and comes again has something else than everybody else',
    fix: 'Let up.sql do the same whatever was there before (no “if not exists” over something that may be another). What differs:',
  })

export const rowsDecide = (migration: Migration, found: CatalogDifference): Finding =>
  differs(migration.up, found, {
    code: 'rows-decide',
    summary: `${migration.name}: what up makes depends on the rows that are there`,
    why: 'each database gets another structure, and what is proven holds of one of them',
    fix: 'Let up.sql make the same structures with and without rows. What differs:',
  })

export const dataChangesCatalog = (migration: Migration, found: CatalogDifference): Finding =>
  differs(migration.up, found, {
    code: 'data-changes-catalog',
    summary: `${migration.name} says that it changes rows only, and changes structures`,
    why: 'data migrations are not looked at by what checks structures',
    fix: 'Put these into a migration of their own, or take `-- assay: data` away. What differs:',
  })

export const notIdempotent = (migration: Migration, found: CatalogDifference): Finding =>
  differs(migration.up, found, {
    code: 'not-idempotent',
    summary: `${migration.name} is run again whenever its text changes, and a second run gives another database`,
    why: 'what is there after it depends on how often it ran',
    fix: 'Write it so that it may run over itself (create or replace). What differs:',
  })

const rowsText = (count: number | null, of: number): string =>
  count === null ? 'values' : `${count} of ${of} ${of === 1 ? 'row' : 'rows'}`

const rowWords = ({ table, column, does, count, of, isGone }: RowDifference): string => {
  if (column === null) {
    if (does === 'lost') return `${rowsText(count, of)} of ${table} ${count === 1 ? 'is' : 'are'} gone`
    if (does === 'added') return `${table} has ${count} ${count === 1 ? 'row' : 'rows'} more than before`
    return `${rowsText(count, of)} of ${table} have other values beside each other`
  }
  if (does === 'lost')
    return `${table}.${column} ${isGone ? 'is gone, with its values' : 'has lost its value'} in ${rowsText(count, of)}`
  if (does === 'filled')
    return `${table}.${column} has a value in ${count ?? ''} ${count === 1 ? 'row' : 'rows'} that had none`
  return `${table}.${column} has another value in ${rowsText(count, of)}`
}

const rowStructure = ({ table, column }: RowDifference): string =>
  column === null ? `${table}/table` : `${table}/column:${column}`

/** `after`: in words, such as `after up and down`. */
export const rowsDiffer = (
  { name }: Migration,
  script: MigrationScript,
  found: RowDifference,
  after: string,
): Finding => {
  const isLoss = found.does === 'lost'
  return error(isLoss ? 'rows-lost' : 'rows-changed', {
    structure: rowStructure(found),
    summary: `${name}: ${after} ${rowWords(found)}`,
    why: isLoss
      ? 'rows are lost only where a migration says so, and why'
      : 'who goes back expects the rows that were there before',
    fix: isLoss
      ? `Keep them (move them to where down.sql finds them again), or say at the head of ${script.file.split(/[\\/]/u).at(-1) ?? 'the file'}:\n${lossDirective(found)}`
      : `Write the values back in down.sql, or say at its head that they are lost:\n${lossDirective(found)}`,
    ...headOf(script),
  })
}

export const newRowsLost = ({ name }: Migration, down: MigrationScript, found: RowDifference): Finding =>
  error('new-rows-lost', {
    structure: rowStructure(found),
    summary: `${name}: of the rows that were written after up, down loses some: ${rowWords(found)}`,
    why: 'between up and down the application goes on writing',
    fix: `Let down.sql keep them, or say at its head:\n${lossDirective(found)}`,
    ...headOf(down),
  })

export const newRowsRefused = ({ name }: Migration, down: MigrationScript, refusal: Refusal): Finding =>
  error('down-refuses-new-rows', {
    summary: `${name}: once rows of the new shape are written, down is refused: ${saidBy(refusal)}`,
    why: 'between up and down the application goes on writing, and then there is no way back',
    fix: `Let down.sql put such rows aside before this statement, and say at its head which it loses:\n${cut(refusal.step.text)}`,
    ...whereOf(down, refusal),
  })

export const needsOldRows = 'migrate.down-needs-old-rows'

/** What only the new shape takes: that down refuses it keeps it safe, and still somebody should know. */
export const onlyNewShape = (
  { name }: Migration,
  down: MigrationScript,
  refusal: Refusal,
  row: string,
): Finding => ({
  code: needsOldRows,
  severity: 'warning',
  summary: `${name}: once there is ${row}, down is refused: ${saidBy(refusal)}`,
  why: 'the new shape takes rows that the old one has no place for; nothing is lost, and nobody can go back until they are gone',
  fix: `Let down.sql say what becomes of such rows before this statement:\n${cut(refusal.step.text)}`,
  ...whereOf(down, refusal),
})

export const sequenceBack = (
  { name }: Migration,
  script: MigrationScript,
  { sequence, before, after }: SequenceBack,
): Finding =>
  error('sequence-back', {
    structure: `sequence/${sequence}`,
    summary: `${name}: after down the sequence ${sequence} stands at ${after}, and stood at ${before}`,
    why: 'it gives out numbers that rows have already: the next inserts are refused, or meet the rows of others',
    fix: `Set it behind the greatest number at the end of down.sql:\nselect setval('${sequence.replaceAll("'", "''")}', (select max(…) from …));`,
    ...headOf(script),
  })

export const stopLeavesTraces = (
  { name }: Migration,
  script: MigrationScript,
  direction: Direction,
  what: string,
): Finding =>
  error('stop-leaves-traces', {
    summary: `${name}: a ${direction} that is broken off inside its transaction leaves something behind: ${what}`,
    why: 'what is outside of the transaction is not taken back with it',
    fix: 'Take what acts outside of the transaction (another connection, a server-wide setting) out of the migration.',
    ...headOf(script),
  })

/** `stage` and `of` count transactions and statements outside of any. */
interface StopTold {
  readonly stage: number
  readonly of: number
  readonly refusal: Refusal | null
  readonly difference: CatalogDifference | null
  readonly rows: readonly RowDifference[]
}

const stopWords = ({ refusal, difference, rows }: StopTold): string => {
  if (refusal !== null) return saidBy(refusal)
  if (difference !== null) return `another database: ${namesOf(difference)}`
  return rows.map(rowWords).join('; ')
}

const stopFix = (told: StopTold, mend: string): string => {
  if (told.refusal !== null) return `${mend}\n${cut(told.refusal.step.text)}`
  if (told.difference !== null)
    return `${mend}\n${sections('is there, and should not be', 'is not there', told.difference)}`
  return mend
}

export const cannotContinue = (
  { name }: Migration,
  script: MigrationScript,
  direction: Direction,
  told: StopTold,
): Finding =>
  error('cannot-continue', {
    summary: `${name}: a ${direction} that is broken off before part ${told.stage} of ${told.of} cannot go on: ${stopWords(told)}`,
    why: 'a connection may be lost at any statement, and the next run begins in a session of its own',
    fix: stopFix(
      told,
      'Write the statement so that it needs nothing that an earlier one set in the session (name the schema, set what it needs again):',
    ),
    ...(told.refusal === null ? headOf(script) : whereOf(script, told.refusal)),
  })

export const cannotTurnBack = (
  { name }: Migration,
  script: MigrationScript,
  direction: Direction,
  told: StopTold,
): Finding =>
  error('cannot-turn-back', {
    summary: `${name}: when ${direction === 'up' ? 'down' : 'up'} is broken off before part ${told.stage} of ${told.of}, ${direction} does not lead back: ${stopWords(told)}`,
    why: 'what is half done is there to stay, unless somebody mends it by hand',
    fix: stopFix(
      told,
      direction === 'up'
        ? 'Let up.sql take what is there already (create … if not exists):'
        : 'Let down.sql take what is not there (drop … if exists):',
    ),
    ...(told.refusal === null ? headOf(script) : whereOf(script, told.refusal)),
  })

interface BrokenOffTold {
  readonly step: MigrationStep
  /** What was run on what was left. */
  readonly direction: Direction
  readonly fault: AssayError | null
  readonly difference: CatalogDifference | null
}

const brokenWords = ({ fault, difference }: BrokenOffTold): string =>
  fault === null
    ? `leads to another database: ${difference === null ? '' : namesOf(difference)}`
    : `is refused: ${fault.found ?? fault.message}`

/** A statement outside of transactions, killed while it ran. `broken`: the direction that it belongs to. */
export const brokenOff = (
  { name }: Migration,
  script: MigrationScript,
  broken: Direction,
  told: BrokenOffTold,
): Finding =>
  error(told.direction === broken ? 'cannot-continue' : 'cannot-turn-back', {
    summary: `${name}: after a ${broken} that was killed within statement ${told.step.number}, ${told.direction} ${brokenWords(told)}`,
    why: 'a statement outside of a transaction leaves half of its work behind when it is killed',
    fix:
      told.fault === null
        ? `Write it so that it may run again (if exists, if not exists):\n${cut(told.step.text)}`
        : told.fault.mend,
    where: { file: placeInFile(script.file, script.text, told.step.start).file, line: told.step.line },
  })

export const notFilled = ({ name }: Migration, { table, problem }: FilledTable): Finding => ({
  code: 'migrate.not-filled',
  severity: 'warning',
  structure: `${table}/table`,
  summary: `${name}: ${table} could not be given rows${problem === null ? '' : `: ${problem}`}`,
  reason: 'a table could not be given rows',
  why: 'what the migration does to its rows is not tested',
  fix: 'Look at the migration with rows of your own in it, or give the table what its triggers ask for in schema.before.',
})

/** Not of the migration: of the rows that it meets. */
export const upNeedsRows = (
  { name, up }: Migration,
  { structure, words, rows, select }: UnfitRows,
): Finding => ({
  code: 'migrate.up-needs-rows',
  severity: 'warning',
  structure,
  summary: `${name}: up is refused where ${words}; ${rows} such ${rows === 1 ? 'row was' : 'rows were'} taken out, and the others tested`,
  reason: 'up is refused where rows are that its own constraint does not take',
  why: 'a database that has such rows stops there; the rows of this test only happened to be so',
  fix: `See that production has none before it runs, or let the migration correct them first; this finds them:\n${select}`,
  ...headOf(up),
})

export const expectationFailed = (
  { name }: Migration,
  at: { readonly file: string; readonly line: number },
  said: string,
): Finding =>
  error('expectation', {
    summary: `${name}: ${said}`,
    why: 'a query of before.sql or after.sql finds no row when what it expects is so',
    fix: 'Correct the migration, or the query that says what is expected.',
    where: at,
  })

/** `table`: with how many of its rows the role that migrates sees. */
export const rowsHidden = (
  { name }: Migration,
  script: MigrationScript,
  direction: Direction,
  step: MigrationStep,
  table: RelationName & { readonly seen: number; readonly all: number },
): Finding => {
  const sql = qualified(table)
  const { file, line } = placeInFile(script.file, script.text, step.start)
  return error('hidden-rows', {
    summary: `${name}: ${direction === 'up' ? 'up' : 'down'} sees ${table.seen} of ${table.all} rows of ${relationId(table)}: row-level security hides the others from the role that migrates`,
    reason: 'row-level security hides rows from the role that migrates',
    why: 'it passes over them without a word, here and in production (FORCE ROW LEVEL SECURITY binds the owner, too)',
    fix: `Let the owner of the table see all rows while it runs, in the same transaction; on a table in use \`assay migrate backfill\` takes no such lock:\nalter table ${sql} no force row level security;\n${cut(step.text)};\nalter table ${sql} force row level security;`,
    where: { file, line },
  })
}
