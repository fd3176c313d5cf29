/** `t.partitionedBy('created_at', { by: 'month' })`: as far as the bounds follow a scheme that the rule knows. */
import type { Bound } from '../../../catalog/partition/bound.ts'
import type { PartitionFacts } from '../../../catalog/partition.ts'
import type { Catalog, Structure } from '../../../catalog/structure.ts'
import type { Column, Table } from '../../../catalog/table.ts'
import { ident } from '../../../postgres/quote.ts'
import { array, atom, call, entry, object, type Code, type Entry } from '../code.ts'
import { key, text } from '../literals.ts'
import type { PrintKind } from '../print-kind.ts'
import { printPartitions } from './partitions.ts'

const periods: Readonly<Record<string, string>> = {
  '1 day': 'day',
  '7 days': 'week',
  '1 month': 'month',
  '3 months': 'quarter',
  '1 year': 'year',
}

const midnight = /^'(\d{4})-(\d\d)-(\d\d)(?: 00:00:00(?:\+00)?)?'$/u

/** Whether a period begins on this day. */
const begins = (period: string, bound: string): boolean => {
  const [, year, month, day] = midnight.exec(bound) ?? []
  if (year === undefined) return false
  switch (period) {
    case 'day':
      return true
    case 'week':
      return new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDay() === 1
    case 'quarter':
      return day === '01' && Number(month) % 3 === 1
    case 'year':
      return day === '01' && month === '01'
    default:
      return day === '01'
  }
}

type Range = Extract<Bound, { kind: 'range' }>

const byPeriod = (template: Structure<PartitionFacts>): readonly Entry[] | null => {
  const period = periods[/ EACH (.*)$/u.exec(template.definition)?.[1] ?? '']
  const bounds = template.facts.partitions.map((p) => p.parsed)
  const isAligned = bounds.every(
    (b): b is Range => b.kind === 'range' && begins(period ?? '', b.from[0] ?? ''),
  )
  return period === undefined || !isAligned ? null : [entry('by', text(period))]
}

/** `'de'`, `1`, `true`, `NULL` as PostgreSQL prints them in a bound. */
const valueCode = (value: string): Code | null => {
  if (value === 'NULL') return atom('null')
  if (/^(?:true|false)$/u.test(value)) return atom(value)
  const quoted = /^'((?:[^']|'')*)'$/su.exec(value)?.[1]
  if (quoted !== undefined) return text(quoted.replaceAll("''", "'"))
  return /^-?\d{1,15}$/u.test(value) ? atom(value) : null
}

/** The last part of the partition's name, as the rule names it. */
const partName = (relation: string, table: Table): string => {
  const name = (/"((?:[^"]|"")*)"$/u.exec(relation)?.[1] ?? relation).replaceAll('""', '"')
  return name.startsWith(`${table.name}_`) ? name.slice(table.name.length + 1) : name
}

const byList = (facts: PartitionFacts, table: Table): readonly Entry[] | null => {
  const lists = facts.partitions.map(({ relation, parsed }) => ({
    name: partName(relation, table),
    values: parsed.kind === 'list' ? parsed.values.map(valueCode) : [null],
  }))
  const entries = lists.flatMap(({ name, values }) => {
    const known = values.filter((value) => value !== null)
    return known.length < values.length ? [] : [entry(key(name), array(known))]
  })
  const isWhole = entries.length === lists.length && new Set(lists.map((l) => l.name)).size === lists.length
  return isWhole ? [entry('list', object(entries))] : null
}

const byHash = (facts: PartitionFacts): readonly Entry[] | null => {
  const moduli = facts.partitions.map(({ parsed }) => (parsed.kind === 'hash' ? parsed.modulus : null))
  const [modulus = null] = moduli
  const isWhole = modulus === moduli.length && moduli.every((m) => m === modulus)
  return isWhole ? [entry('hash', atom(String(modulus)))] : null
}

const schemeOf = (
  template: Structure<PartitionFacts>,
  table: Table,
  column: Column,
): readonly Entry[] | null => {
  const { facts } = template
  if (facts.key.startsWith('HASH')) return byHash(facts)
  if (facts.key.startsWith('LIST')) return byList(facts, table)
  return /^(?:date$|timestamp)/u.test(column.baseType) ? byPeriod(template) : null
}

const keyColumn = (facts: PartitionFacts, table: Table): Column | undefined => {
  const inner = /^(?:RANGE|LIST|HASH) \((.*)\)$/su.exec(facts.key)?.[1]
  return table.columns.find(({ name }) => name === inner || ident(name) === inner)
}

const partitionsOf = (catalog: Catalog, table: string): readonly Structure<PartitionFacts>[] =>
  catalog.of(table, 'partition') as readonly Structure<PartitionFacts>[]

export const printPartitionedBy: PrintKind = (table, { catalog, unkept }) => {
  const structures = partitionsOf(catalog, table.id)
  const template = structures.find(({ name }) => name === 'template')
  const column = template ? keyColumn(template.facts, table) : undefined
  const isWhole = !unkept.partitions.has(table.id)
  const scheme = isWhole && template && column ? schemeOf(template, table, column) : null
  if (structures.length === 0) return { rules: [] }
  if (!template || !column || scheme === null) {
    return { rules: [printPartitions(structures, (relation) => partName(relation, table))] }
  }
  const isOpen = template.facts.hasDefault && !template.facts.key.startsWith('HASH')
  const options = [...scheme, ...(isOpen ? [entry('otherwise', text('default'))] : [])]
  return {
    rules: [
      {
        code: call('t.partitionedBy', text(column.name), object(options)),
        claims: structures.map(({ id }) => id),
      },
    ],
  }
}
