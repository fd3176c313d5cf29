/** Sequences that have given most of what they, or the columns that they feed, can hold. */
import { referencesOf } from '../../catalog/references.ts'
import { relationObjectId } from '../../catalog/uses.ts'
import { relationId, structureId, type RelationName } from '../../ground/names.ts'
import type { Catalog } from '../../catalog/structure.ts'
import { ident, qualified } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import { alterTypes } from './alter-types.ts'
import { askJson } from './ask-json.ts'
import type { FindingKind } from './finding-kind.ts'
import { sequencesSql, unreadSequencesSql, type SequenceRow } from './sequences-sql.ts'

/** Inserts that fail tomorrow are an error. */
const almostAll = 95

const small: ReadonlySet<string> = new Set(['smallint', 'integer'])

const tableIdOf = ({ tableSchema, table }: SequenceRow): string | null =>
  tableSchema === null || table === null ? null : relationId({ schema: tableSchema, name: table })

const structureOf = (catalog: Catalog, row: SequenceRow): string => {
  const table = tableIdOf(row)
  const own = relationObjectId('sequence', row)
  if (table === null || row.column === null) return own
  const [column] = [row.column]
  const ids = ['identity', 'default'].map((kind) => structureId(table, kind, column))
  return ids.find((id) => catalog.structures.has(id)) ?? own
}

/** The column, and those that lead to it, as bigint; then the sequence. */
const mendOf = (catalog: Catalog, row: SequenceRow): string => {
  const sequence = `alter sequence ${qualified(row)}`
  const table = catalog.tables.get(tableIdOf(row) ?? '')
  const isSmall = small.has(row.type)
  const wider = isSmall
    ? `${sequence} as bigint;`
    : `${sequence} no ${row.isDescending ? 'min' : 'max'}value;`
  if (!table || row.column === null || !small.has(row.columnType ?? '')) return wider
  const isIdentity = catalog.structures.has(structureId(table.id, 'identity', row.column))
  const leading = [...catalog.tables.values()].flatMap((other) =>
    referencesOf(catalog, other.id).flatMap(({ facts }) => {
      const at = facts.target === table.id ? facts.targetColumns.indexOf(row.column ?? '') : -1
      const column = other.columns.find(({ name }) => name === facts.columns[at])
      return column && small.has(column.type) ? [{ table: other, column, type: 'bigint' }] : []
    }),
  )
  const fed = table.columns.filter(({ name }) => name === row.column)
  const changes = [...fed.map((column) => ({ table, column, type: 'bigint' })), ...leading]
  return [
    ...alterTypes(catalog, changes),
    ...(!isIdentity && (isSmall || row.endsFirst) ? [wider] : []),
  ].join('\n')
}

const finding = (catalog: Catalog, row: SequenceRow): Finding => {
  const table = tableIdOf(row)
  const fed = table === null ? '' : ` for ${table}.${row.column ?? ''} (${row.columnType ?? ''})`
  return {
    code: 'adopt.sequence-near-end',
    severity: row.percent >= almostAll ? 'error' : 'warning',
    structure: structureOf(catalog, row),
    summary: `sequence ${relationId(row)}${fed} has given ${row.percent} % of its numbers: ${row.last} of ${row.end}`,
    reason: 'a sequence is near its end',
    why: `after ${row.end} every insert that draws from it fails (${row.endsFirst || fed === '' ? '2200H, the sequence has reached its end' : `22003, ${row.columnType ?? ''} out of range`})`,
    fix: `make it wider while there is time; changing the type of a column rewrites its table under a lock that keeps readers out, so a large one is changed by a new column:\n${mendOf(catalog, row)}`,
  }
}

const unread = (role: string, sequences: readonly RelationName[]): readonly Finding[] => {
  if (sequences.length === 0) return []
  const grants = sequences.map(
    (sequence) => `grant select on sequence ${qualified(sequence)} to ${ident(role)};`,
  )
  return [
    {
      code: 'adopt.numbers-unread',
      severity: 'warning',
      summary: `${role} may not read ${sequences.length === 1 ? '1 sequence' : `${sequences.length} sequences`}: how near their end they are is not known`,
      why: 'a sequence at its end makes every insert fail, and PostgreSQL shows its last number to nobody without a right on it',
      fix: `as its owner or a superuser, and adopt again:\n${grants.join('\n')}`,
    },
  ]
}

export const sequenceNearEnd: FindingKind = {
  codes: ['adopt.sequence-near-end', 'adopt.numbers-unread'],
  find: async ({ numbers, catalog }) => [
    ...(await askJson<SequenceRow>(numbers, sequencesSql)).map((row) => finding(catalog, row)),
    ...unread(numbers.address.user, await askJson<RelationName>(numbers, unreadSequencesSql)),
  ],
}
