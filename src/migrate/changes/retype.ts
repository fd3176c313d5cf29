/**
 * How values become those of another type, and none is cut off: a cast that is written down shortens a text or bits that
 * are too long without a word, an assignment refuses them (22001).
 */
import type { Column } from '../../catalog/table.ts'
import { ident } from '../../postgres/quote.ts'
import type { Note } from './note.ts'

type Typed = Pick<Column, 'type' | 'baseType' | 'typeKind'>

const texts = /^(?:text|character varying|character|bpchar|(?:\w+\.)?citext)$/u
const bits = /^bit(?: varying)?$/u

/** Of a base type, as format_type writes it without modifiers. */
export const isText = (baseType: string): boolean => texts.test(baseType)

const isArray = ({ typeKind }: Typed): boolean => typeKind === 'array'

/** ` using …` of ALTER COLUMN … TYPE; empty where PostgreSQL assigns by itself, and rewrites nothing that only grows. */
export const usingOf = (name: string, old: Typed, next: Typed): string => {
  const column = ident(name)
  const areAlike = isArray(old) === isArray(next)
  if (isText(next.baseType)) {
    if (isText(old.baseType) && areAlike) return ''
    if (!isArray(next)) return ` using ${column}::text`
    return areAlike ? ` using ${column}::text[]` : ` using ${column}::${next.type}`
  }
  if (bits.test(next.baseType)) {
    if (bits.test(old.baseType) && areAlike) return ''
    if (isText(old.baseType) && !isArray(next)) return ` using ${column}::text::bit varying`
  }
  return ` using ${column}::${next.type}`
}

/** Digits behind the point; infinite where nothing limits them; null: no number. */
const scaleOf = (type: string): number | null => {
  if (/^(?:smallint|integer|bigint)$/u.test(type)) return 0
  if (/^(?:numeric|real|double precision)$/u.test(type)) return Number.POSITIVE_INFINITY
  const scale = /^numeric\(\d+(?:,(-?\d+))?\)$/u.exec(type)
  return scale === null ? null : Number(scale[1] ?? 0)
}

/** What goes from each value without a word. */
const goes = (from: string, to: string): string | null => {
  const [was, is] = [scaleOf(from), scaleOf(to)]
  if (was !== null && is !== null && is < was)
    return is === 0 ? 'what stands behind the point is rounded' : `what stands behind ${is} digits is rounded`
  return from.startsWith('timestamp') && to === 'date' ? 'the time of day goes' : null
}

/** PostgreSQL rounds and says nothing, in a cast and in an assignment. */
export const roundsNotes = (
  structure: string,
  name: string,
  [old, next]: readonly [Typed, Typed],
): readonly Note[] => {
  const what = goes(old.type, next.type)
  if (what === null) return []
  return [
    {
      code: 'design.rounds',
      structure,
      text: `${structure}: ${old.type} becomes ${next.type}: ${what}.`,
      why: 'the old values do not come back with down, and `assay migrate test` refuses a loss that nobody has said',
      fix: `where no row has more, nothing is lost; else say it at the head of down.sql:\n-- assay: loses ${structure.replace('/column:', '.')} because ${ident(name)} is kept as ${next.type}`,
    },
  ]
}
