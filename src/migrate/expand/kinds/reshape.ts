/** One column that becomes several, or several that become one: a person states how each is told from the others. */
import { AssayError } from '../../../ground/errors.ts'
import { structureName } from '../../../rules/ddl.ts'
import type { ColumnsShape, SideColumn } from '../shape.ts'
import {
  formerColumns,
  isType,
  phasesOfColumns,
  standingType,
  typesOf,
  uncut,
  wantedType,
} from './columns.ts'
import type { ShapeKind, StatedSql } from './shape-kind.ts'

const notStated = (table: string, found: string, why: string, mend: string): AssayError =>
  new AssayError(`It is not said how the old and the new columns of ${table} are told from each other.`, {
    code: 'expand.not-stated',
    exit: 2,
    asked: 'an expression for each new column, and one for each old column',
    found,
    why,
    mend,
  })

const unknownColumn = (table: string, column: string, why: string, mend: string): AssayError =>
  new AssayError(`${table}.${column} is none of the columns that change.`, {
    code: 'expand.column',
    exit: 2,
    asked: `an expression for ${table}.${column}`,
    found: why,
    mend,
  })

export const reshape: ShapeKind<ColumnsShape> = {
  ...phasesOfColumns,
  kinds: ['reshape'],
  find: (found) => {
    const { declared, stated } = found
    const known = new Set([
      ...formerColumns(found).flatMap(({ from, to }) => [from, to]),
      ...declared.columns
        .filter(({ name }) => standingType(found, name) !== null && !isType(found, name))
        .map(({ name }) => name),
    ])
    const own = (all: readonly StatedSql[]): readonly StatedSql[] =>
      all.filter(({ table, column }) => table === declared.id && !known.has(column))
    const [set, back] = [own(stated.set), own(stated.back)]
    if (set.length === 0 && back.length === 0) return []
    for (const { column } of set) {
      if (!declared.columns.some(({ name }) => name === column))
        throw unknownColumn(
          declared.id,
          column,
          'the architecture does not declare it',
          `Declare it among the columns of ${declared.id}.`,
        )
      if (standingType(found, column) !== null)
        throw unknownColumn(
          declared.id,
          column,
          'it stands already, with the type that is declared',
          'State --set for columns that are new.',
        )
    }
    for (const { column } of back)
      if (standingType(found, column) === null || declared.columns.some(({ name }) => name === column))
        throw unknownColumn(
          declared.id,
          column,
          'it does not stand, or is still declared',
          'State --back for columns that go: they stand in the database and are declared no more.',
        )
    const one = declared.id
    if (back.length === 0)
      throw notStated(
        one,
        `--set for ${set.map(({ column }) => column).join(', ')}, and no --back`,
        'without it the old application would not see what the new one writes',
        `Say how each old column is told from the new ones: --back "${one}.old_column = …"\nWhere it cannot be told, say what the old application is to see: --back "${one}.old_column = null"`,
      )
    if (set.length === 0)
      throw notStated(
        one,
        `--back for ${back.map(({ column }) => column).join(', ')}, and no --set`,
        'without it the new columns would stay empty',
        `Say how each new column is told from the old ones: --set "${one}.new_column = …"`,
      )
    const side = (all: readonly StatedSql[], typeOf: (column: string) => string): readonly SideColumn[] =>
      uncut(
        found,
        all.map(({ column, sql }) => ({ name: column, type: typeOf(column), sql })),
      )
    const olds = side(back, (column) => standingType(found, column) ?? 'text')
    const news = side(set, (column) => wantedType(found, column))
    return [
      {
        kind: 'reshape',
        name: structureName(one, ...olds.map(({ name }) => name), 'to', ...news.map(({ name }) => name)),
        table: { schema: declared.schema, name: declared.name },
        olds,
        news,
        types: typesOf(
          found,
          news.map(({ name }) => name),
        ),
      },
    ]
  },
}
