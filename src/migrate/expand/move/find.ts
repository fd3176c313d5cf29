/** Which columns move to another table: stated column by column, since nothing in a declaration tells a move from a loss. */
import type { DeclaredTable } from '../../../architecture/architecture.ts'
import type { Column } from '../../../catalog/table.ts'
import { AssayError } from '../../../ground/errors.ts'
import { structureId } from '../../../ground/names.ts'
import { shellWord } from '../../../ground/shell-word.ts'
import type { Finding } from '../../../prove/result.ts'
import { structureName } from '../../../rules/ddl.ts'
import type { StatedSql } from '../kinds/shape-kind.ts'
import { namesOne } from '../lab.ts'
import type { CopiedColumn, MovedColumn, MoveShape, TypeToMake } from '../shape.ts'
import { moveCandidates, type Declaration, type MoveCandidate } from './candidates.ts'
import { readMove, type StatedMove } from './stated.ts'

export interface MoveGround extends Declaration {
  readonly stated: { readonly move: readonly string[]; readonly set: readonly StatedSql[] }
  /** As PostgreSQL prints it; null: it knows no such type yet. */
  readonly typeOf: (table: DeclaredTable, column: string) => string | null
  /** What makes those that it does not know. */
  readonly typesToMake: (table: DeclaredTable) => ReadonlyMap<string, TypeToMake>
}

const exit = 2

const noPair = ({ text, from, to }: StatedMove, { architecture, catalog }: Declaration): AssayError => {
  const stays = architecture.tables.some(({ id }) => id === from.table)
  const stood = catalog.tables.has(to.table)
  const other = stays ? to.table : from.table
  const home = stays ? from.table : to.table
  const isPair = stays !== stood
  return new AssayError(`${from.table}.${from.column} cannot move to ${to.table}.${to.column}.`, {
    code: 'expand.move-tables',
    exit,
    asked: `--move ${text}`,
    found: isPair
      ? `${other} has no primary key that is a foreign key to the primary key of ${home}`
      : stays
        ? `${from.table} and ${to.table} both stand, and both stay`
        : `neither ${from.table} nor ${to.table} stays`,
    why: 'columns move to a table that is new, or come from one that goes, with one key for both: else nobody knows which row belongs to which',
    mend: isPair
      ? `Declare it so on ${other}: t.primaryKey('…'), t.references('…', '${home}')`
      : 'Split a table by declaring the new one beside it, and merge one by declaring it no more.',
  })
}

const notMoved = (move: StatedMove, found: string, mend: string): AssayError =>
  new AssayError(
    `${move.from.table}.${move.from.column} does not move to ${move.to.table}.${move.to.column}.`,
    {
      code: 'expand.move-column',
      exit,
      asked: `--move ${move.text}`,
      found,
      mend,
    },
  )

const checkMove = (
  move: StatedMove,
  { leaving, coming }: MoveCandidate,
  all: readonly StatedMove[],
): void => {
  const { from, to } = move
  if (!leaving.includes(from.column))
    throw notMoved(
      move,
      `${from.table}.${from.column} is still declared, or is the key`,
      `Take it out of the declaration of ${from.table}; the key stays where it is.`,
    )
  if (!coming.includes(to.column))
    throw notMoved(
      move,
      `${to.table}.${to.column} stands already, or is the key`,
      `Name a column of ${to.table} that is new.`,
    )
  const twice = all.find(
    (one) => one !== move && (one.from.column === from.column || one.to.column === to.column),
  )
  if (twice !== undefined)
    throw notMoved(move, `--move ${twice.text}`, 'State each column once; both sides have to be others.')
}

const left = ({ other, home }: MoveCandidate, columns: readonly string[]): AssayError =>
  new AssayError(
    `${columns.map((name) => `${other.id}.${name}`).join(', ')} would be lost with ${other.id}.`,
    {
      code: 'expand.move-left',
      exit,
      asked: `${other.id} merged into ${home.id}`,
      found: `no --move for ${columns.join(', ')}`,
      why: 'a table goes only when each of its columns has another place',
      mend: `Declare a column of ${home.id} for each, and state it: ${columns.map((name) => `--move ${shellWord(`${other.id}.${name}=${home.id}.${name}`)}`).join(' ')}\nOr drop it first, in a migration of its own.`,
    },
  )

const otherType = ({ text, from, to }: StatedMove, was: string, wanted: string): AssayError =>
  new AssayError(`${to.table}.${to.column} has another type than ${from.table}.${from.column}.`, {
    code: 'expand.move-type',
    exit,
    asked: `--move ${text}`,
    found: `${was} there, ${wanted} here`,
    why: 'a column is moved as it is, so that both sides can be compared',
    mend: `Declare ${to.table}.${to.column} as ${JSON.stringify(was)}; change its type when it has moved, by another expand.`,
  })

/** A constant has the same value in every row: whoever finds it does not know that somebody wrote it. */
export const isConstant = (expression: string): boolean =>
  /^(?:E?'(?:[^']|'')*'|-?\d+(?:\.\d+)?|\(-\d+(?:\.\d+)?\)|true|false|null|array\[\])(?:::[\w\s".,()[\]]+)?$/iu.test(
    expression,
  )

const constantDefault = (column: Column | undefined): string | undefined =>
  column?.default !== undefined &&
  column.default !== null &&
  column.generated === null &&
  isConstant(column.default)
    ? column.default
    : undefined

const columnOf = (ground: MoveGround, candidate: MoveCandidate, move: StatedMove): MovedColumn => {
  const { catalog, architecture } = ground
  const standing = catalog.tables.get(move.from.table)?.columns.find(({ name }) => name === move.from.column)
  const target = architecture.tables.find(({ id }) => id === move.to.table)
  const was = standing?.type ?? 'text'
  const wanted = target && ground.typeOf(target, move.to.column)
  if (wanted !== was)
    throw otherType(
      move,
      was,
      wanted ?? target?.columns.find(({ name }) => name === move.to.column)?.type ?? '',
    )
  const constant = constantDefault(standing)
  if (candidate.direction === 'out')
    return {
      home: move.from.column,
      other: move.to.column,
      type: was,
      ...(constant === undefined ? {} : { homeDefault: constant }),
    }
  return {
    home: move.to.column,
    other: move.from.column,
    type: was,
    ...(constant === undefined ? {} : { otherDefault: constant }),
    ...(standing?.notNull === true && standing.default !== null ? { otherFill: standing.default } : {}),
  }
}

/** Further columns of the table that comes: `--set "profiles.tenant_id = tenant_id"`. */
const copiesOf = (
  { stated, typeOf }: MoveGround,
  { home }: MoveCandidate,
  other: DeclaredTable,
  moved: readonly MovedColumn[],
): readonly CopiedColumn[] =>
  stated.set
    .filter(({ table }) => table === other.id)
    .map(({ column, sql }) => {
      const type = typeOf(other, column)
      if (type === null || moved.some((one) => one.other === column))
        throw new AssayError(`${other.id}.${column} is no further column of the new table.`, {
          code: 'expand.column',
          exit,
          asked: `--set "${other.id}.${column} = ${sql}"`,
          found: type === null ? 'no such column is declared' : `--move for ${column}`,
          mend: `State --set for declared columns of ${other.id} that have no --move.`,
        })
      const reads = home.columns.filter(({ name }) => namesOne(sql, [name]))
      return { name: column, type, sql, reads: reads.map((one) => ({ name: one.name, type: one.type })) }
    })

const requiredColumns = (other: DeclaredTable): readonly string[] =>
  other.rules.filter(({ kind }) => kind === 'required').flatMap(({ columns }) => columns)

const shapeOf = (ground: MoveGround, candidate: MoveCandidate, moves: readonly StatedMove[]): MoveShape => {
  const { direction, home, other, key } = candidate
  for (const move of moves) checkMove(move, candidate, moves)
  const unplaced = candidate.leaving.filter((name) => !moves.some(({ from }) => from.column === name))
  if (direction === 'in' && unplaced.length > 0) throw left(candidate, unplaced)
  const columns = moves.map((move) => columnOf(ground, candidate, move))
  const declared = ground.architecture.tables.find(({ id }) => id === other.id)
  const standing = ground.catalog.tables.get(other.id)
  const isRequired = (name: string): boolean =>
    declared
      ? requiredColumns(declared).includes(name)
      : standing?.columns.some((one) => one.name === name && one.notNull && one.default === null) === true
  return {
    kind: 'move',
    name:
      direction === 'out'
        ? structureName(home.id, 'to', other.name)
        : structureName(other.id, 'into', home.name),
    table: { schema: home.schema, name: home.name },
    other: { schema: other.schema, name: other.name },
    direction,
    key,
    columns,
    required: columns.map((one) => one.other).filter(isRequired),
    mayComeFirst: candidate.mayComeFirst,
    isTakenAlong: candidate.isTakenAlong,
    copies: declared ? copiesOf(ground, candidate, declared, columns) : [],
    untouched: [],
    isGuarded: false,
    bound: [],
    types: declared ? [...ground.typesToMake(declared).values()] : [],
  }
}

/** Throws AssayError for what is stated and cannot be. */
export const findMoves = (ground: MoveGround): readonly MoveShape[] => {
  const moves = ground.stated.move.map((text) => readMove(text, ground))
  const candidates = moveCandidates(ground)
  const isOf = ({ direction, home, other }: MoveCandidate, { from, to }: StatedMove): boolean =>
    direction === 'out'
      ? from.table === home.id && to.table === other.id
      : from.table === other.id && to.table === home.id
  const lost = moves.find((move) => !candidates.some((one) => isOf(one, move)))
  if (lost !== undefined) throw noPair(lost, ground)
  return candidates.flatMap((candidate) => {
    const own = moves.filter((move) => isOf(candidate, move))
    return own.length === 0 ? [] : [shapeOf(ground, candidate, own)]
  })
}

/** What a person would state so that values are kept: the column of that name, else the only one of the type. */
const guess = (ground: MoveGround, candidate: MoveCandidate, from: string): string => {
  const { direction, home, declared, other } = candidate
  const [source, target] =
    direction === 'out'
      ? [home.id, ground.architecture.tables.find(({ id }) => id === other.id)]
      : [other.id, declared]
  const type = ground.catalog.tables.get(source)?.columns.find(({ name }) => name === from)?.type
  const free = candidate.coming.filter((name) => !candidate.leaving.includes(name))
  const alike = free.filter((name) => target !== undefined && ground.typeOf(target, name) === type)
  const to = candidate.coming.includes(from) ? from : alike.length === 1 ? alike[0] : '…'
  return `--move ${shellWord(`${source}.${from}=${target?.id ?? ''}.${to}`)}`
}

/** Columns that stand and are declared no more, beside a table to which they may belong: told, never guessed. */
export const unstatedMoves = (
  ground: MoveGround,
  wish: { readonly only: readonly string[]; readonly back: readonly StatedSql[] },
): readonly Finding[] => {
  const moves = ground.stated.move.map((text) => readMove(text, ground))
  return moveCandidates(ground).flatMap((candidate) => {
    const { direction, home, other, coming } = candidate
    const source = direction === 'out' ? home.id : other.id
    const isMeant = wish.only.length === 0 || wish.only.includes(home.id) || wish.only.includes(other.id)
    const leaving = candidate.leaving.filter(
      (name) =>
        !moves.some(({ from }) => from.table === source && from.column === name) &&
        !wish.back.some(({ table, column }) => table === source && column === name),
    )
    if (!isMeant || leaving.length === 0) return []
    const [first = ''] = leaving
    const target = direction === 'out' ? other.id : home.id
    return [
      {
        code: 'expand.move-not-stated',
        severity: 'warning' as const,
        structure: structureId(source, 'column', first),
        summary: `${source}: ${leaving.join(', ')} ${leaving.length === 1 ? 'is' : 'are'} declared no more, and ${target} has ${coming.join(', ')}`,
        why: 'a declaration does not tell columns that move from columns that are dropped beside others that are new',
        fix: `where they move, say so:\nassay migrate expand ${leaving.map((name) => guess(ground, candidate, name)).join(' ')}`,
      },
    ]
  })
}
