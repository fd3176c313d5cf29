/** How a designed migration is named: the next number, and what it is for in a few words. */
import type { Change } from '../changes/change.ts'
import { nameWords, shortName } from '../files/name-words.ts'
import { ownPrefix, type NamePrefix } from '../forms/numbering.ts'
import type { Purpose } from './purposes.ts'

/** `products/unique:tenant_id,slug` → `products_tenant_id_slug_unique`. */
const ofId = (id: string): string => {
  const [, place = '', kind = '', detail = ''] = /^([^/]*)\/([^:]*):?([^]*)$/u.exec(id) ?? [null, id, '', '']
  const said = nameWords(kind.replaceAll(/[A-Z]/gu, (letter) => `_${letter}`))
  return [nameWords(place), nameWords(detail), said].filter((part) => part !== '').join('_')
}

const verbs = { make: 'add', alter: 'change', remove: 'drop' } as const

const ofChange = (change: Change): string =>
  [
    nameWords(change.table ?? ''),
    verbs[change.does],
    nameWords((change.after ?? change.before)?.name ?? change.kind),
  ]
    .filter((part) => part !== '')
    .join('_')

export const purposeName = ({ changes, rules }: Purpose): string => {
  const tables = changes.filter(({ kind, does }) => kind === 'table' && does === 'make')
  const table = tables[0]?.table
  if (table !== undefined && table !== null) {
    const others = tables.length > 1 ? `_and_${tables.length - 1}_more` : ''
    return `${shortName(nameWords(table))}${others}`
  }
  const column = changes.find(({ kind }) => kind === 'column')
  const first = column ?? changes[0]
  if (!column && rules.length === 1 && rules[0]) return shortName(ofId(rules[0].id))
  return first ? shortName(ofChange(first)) : 'nothing'
}

/** `products_rename_code_slug`. */
export const renameName = (place: string, ...others: readonly string[]): string =>
  shortName([nameWords(place), 'rename', ...others.map(nameWords)].join('_'))

/** Unique names in order; `wanted`: what the user calls it, alone or before each one's own words. */
export const migrationNames = (
  standing: readonly string[],
  purposes: readonly string[],
  wanted: string | null,
  prefix: NamePrefix = ownPrefix,
): readonly string[] => {
  const own = wanted === null ? '' : nameWords(wanted)
  return purposes.map((purpose, i) => {
    const text = own === '' ? purpose : purposes.length === 1 ? own : `${own}_${purpose}`
    return `${prefix(standing, i)}${shortName(text)}`
  })
}
