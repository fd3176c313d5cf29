/** What implies a CHECK: NOT NULL, the types, the domains or the other CHECKs of its table. */
import { printExpression } from '../../catalog/expression/text.ts'
import type { Column, Table } from '../../catalog/table.ts'
import { ident, literal } from '../../postgres/quote.ts'
import { parseExpression, type ParseNode } from '../../postgres/parse.ts'
import type { Session } from '../../postgres/session.ts'
import { columnOf, columnsOf, nameList, underCasts, walk } from '../tree.ts'
import { agrees, type Standing } from './agrees.ts'
import { studyChecks, type CheckStudy, type StudyGround } from './study-checks.ts'

interface Promised extends Standing {
  /** In words: what keeps this true. */
  readonly by: string
}

const integerBounds: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
}

const boundsOf = ({ typeKind, baseType, modifier }: Column): readonly [string, string] | null => {
  if (typeKind !== 'base' && typeKind !== 'domain') return null
  const known = integerBounds[baseType]
  if (known) return known
  if (baseType !== 'numeric' || modifier < 4) return null
  const [precision, scale] = [((modifier - 4) >> 16) & 0xffff, (modifier - 4) & 0x7ff]
  if (scale > precision) return null
  const most = `${'9'.repeat(precision - scale) || '0'}${scale === 0 ? '' : `.${'9'.repeat(scale)}`}`
  return [`-${most}`, most]
}

const lengths: ReadonlySet<string> = new Set(['length', 'char_length', 'character_length'])

/** `length((name)::text)` as it stands in the condition, for a column of varchar(n): never above n. */
const lengthsIn = (tree: ParseNode, columns: ReadonlyMap<string, Column>): readonly Promised[] => {
  const found: Promised[] = []
  walk(tree, (kind, fields, node) => {
    if (kind !== 'FuncCall' || !lengths.has(nameList(fields['funcname']).join('.'))) return
    const name = columnOf(underCasts((fields['args'] as readonly unknown[] | undefined)?.[0])) ?? ''
    const column = columns.get(name)
    const sql = printExpression(node)
    const isLimited = column && column.baseType.startsWith('character') && column.modifier >= 4
    if (!isLimited || column.typeKind === 'array' || sql === null) return
    found.push({
      expression: `${sql} <= ${column.modifier - 4}`,
      columns: [name],
      by: `the type ${column.type} of ${name}`,
    })
  })
  return found
}

/** VALUE in a domain's CHECK is the column. */
const domainsOf = (column: Column): readonly Promised[] =>
  column.domainChecks.flatMap((check) => {
    const text = check.replaceAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\bVALUE\b/gu, (word) =>
      word === 'VALUE' ? ident(column.name) : word,
    )
    return [{ expression: text, columns: [column.name], by: `the domain ${column.type} of ${column.name}` }]
  })

const ofTypes = (table: Table, tree: ParseNode): readonly Promised[] => {
  const columns = new Map(table.columns.map((column) => [column.name, column]))
  const named = columnsOf(tree).flatMap((name) => columns.get(name) ?? [])
  return [
    ...named.flatMap((column): Promised[] => {
      const bounds = boundsOf(column)
      if (!bounds) return []
      const [least, most] = bounds.map((value) => literal(value))
      const name = ident(column.name)
      const expression = `${name} >= ${least}::numeric and ${name} <= ${most}::numeric`
      return [{ expression, columns: [column.name], by: `the type ${column.type} of ${column.name}` }]
    }),
    ...lengthsIn(tree, columns),
    ...named.flatMap(domainsOf),
  ]
}

const columnOfTable = (table: Table, name: string): Column | undefined =>
  table.columns.find((column) => column.name === name)

const isReliable = (study: CheckStudy, beside: CheckStudy): boolean =>
  study.verdict === 'rejects-some' &&
  study.simplified !== null &&
  !study.structure.facts.notValid &&
  (!study.structure.facts.noInherit || beside.structure.facts.noInherit)

/** Beside more than this many nothing is asked: the ways in which so many columns can compare are too many. */
const mostBeside = 8

/** Those that speak of the same columns, and of what those are compared with. */
const ofChecks = (study: CheckStudy, others: readonly CheckStudy[]): readonly Promised[] => {
  const open = new Set(others.filter((other) => other !== study && isReliable(other, study)))
  const columns = new Set(study.structure.facts.columns)
  const beside: CheckStudy[] = []
  for (let before = -1; before < beside.length;) {
    before = beside.length
    for (const other of open) {
      const own = other.structure.facts.columns
      if (beside.length >= mostBeside || !own.some((column) => columns.has(column))) continue
      open.delete(other)
      beside.push(other)
      for (const column of own) columns.add(column)
    }
  }
  return beside.map((other) => ({
    expression: other.simplified ?? 'true',
    columns: other.structure.facts.columns,
    by: `CHECK ${other.structure.name}`,
  }))
}

/** The least that implies it, in words; null when nothing is proven to. */
const impliedBy = async (
  db: Session,
  study: CheckStudy,
  others: readonly CheckStudy[],
): Promise<readonly string[] | null> => {
  const { table, simplified } = study
  if (simplified === null) return null
  const checks = ofChecks(study, others)
  const types = ofTypes(table, parseExpression(simplified))
  const all = [...types, ...checks]
  const isProven = async (standing: readonly Promised[]): Promise<boolean> => {
    const named = new Set([...study.structure.facts.columns, ...standing.flatMap((one) => one.columns)])
    const columns = table.columns.filter(({ name }) => named.has(name))
    return (await agrees(db, table, columns, simplified, ['true'], standing))[0] === true
  }
  const mayBeRequired = study.structure.facts.columns.some((name) => columnOfTable(table, name)?.notNull)
  if (all.length === 0 && !mayBeRequired) return null
  if (!(await isProven(all))) return null
  if (await isProven([])) return ['NOT NULL']
  for (const one of all) if (await isProven([one])) return [one.by]
  for (const check of checks) if (await isProven([...types, check])) return [check.by]
  return [...new Set((await isProven(types)) ? types.map(({ by }) => by) : checks.map(({ by }) => by))]
}

export interface ImpliedCheck {
  readonly study: CheckStudy
  /** The least that implies it, in words: `NOT NULL`, `CHECK price_positive`. */
  readonly by: readonly string[]
}

const impliedOf = async (db: Session, studies: readonly CheckStudy[]): Promise<readonly ImpliedCheck[]> => {
  let left = studies
  const implied: ImpliedCheck[] = []
  // The last one of two that say the same goes: the other is what it is implied by.
  for (const study of studies.toReversed()) {
    if (study.verdict !== 'rejects-some' || study.structure.facts.notValid) continue
    const by = await impliedBy(db, study, left)
    if (by === null) continue
    left = left.filter((other) => other !== study)
    implied.push({ study, by })
  }
  return implied.toReversed()
}

/** CHECKs that reject nothing which others let through: of tables, and of domains. In the order of the catalog. */
export const impliedChecks = async (ground: StudyGround): Promise<readonly ImpliedCheck[]> => {
  const byTable = new Map<Table, CheckStudy[]>()
  for (const study of await studyChecks(ground))
    byTable.set(study.table, [...(byTable.get(study.table) ?? []), study])
  const found = await Promise.all([...byTable.values()].map((studies) => impliedOf(ground.copy, studies)))
  return found.flat()
}
