/**
 * The expressions of a catalog for a reader. PostgreSQL prints each of them with parentheses and casts that nobody
 * wrote; a shorter text is taken only when PostgreSQL, given it, prints the same as before.
 */
import { checksOf } from '../../catalog/check.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import { excludesOf } from '../../catalog/excludes.ts'
import { indexesOf } from '../../catalog/index.ts'
import type { PolicyFacts } from '../../catalog/policy.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { uniquesOf } from '../../catalog/unique.ts'
import { fieldsOf } from '../../catalog/expression/tree.ts'
import { loadParser, parseExpression } from '../../postgres/parse.ts'
import { ident, literal, qualified } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { sqlText, type LeftOut, type Way } from './sql-text.ts'

/** An expression and where it stands: what its columns, and the type of a constant alone, mean. */
export interface SqlPlace {
  /** `table`: over its columns; `policy`: there with subqueries; `default`: of a column; `domain`: over VALUE. */
  readonly of: 'table' | 'policy' | 'default' | 'domain'
  /** Relation id, or the domain's base type. */
  readonly on: string
  readonly column?: string
  /** As PostgreSQL prints it. */
  readonly text: string
}

/** The text for a reader. */
export type ReadableSql = (place: SqlPlace) => string

const keyOf = ({ of, on, column = '', text }: SqlPlace): string => JSON.stringify([of, on, column, text])

/** Every expression that rules state. */
const placesOf = (catalog: Catalog): readonly SqlPlace[] => {
  const tables = [...catalog.tables.values()].flatMap(({ id: on, columns }): readonly SqlPlace[] => {
    const keys = [...uniquesOf(catalog, on), ...indexesOf(catalog, on)].map((s) => s.facts)
    const excludes = excludesOf(catalog, on).map((s) => s.facts)
    const parts = [...keys.flatMap((k) => k.keys), ...excludes.flatMap((e) => e.elements)]
    const policies = (catalog.of(on, 'policy') as readonly Structure<PolicyFacts>[]).map((s) => s.facts)
    const texts = [
      ...checksOf(catalog, on).map((s) => s.facts.expression),
      ...columns.filter((c) => c.generated !== null).flatMap((c) => c.default ?? []),
      ...parts.filter((part) => part.column === null).map((part) => part.expression),
      ...[...keys, ...excludes].flatMap(({ predicate }) => predicate ?? []),
    ]
    const conditions = policies.flatMap(({ using, withCheck }) => [using ?? [], withCheck ?? []].flat())
    return [
      ...texts.map((text): SqlPlace => ({ of: 'table', on, text })),
      ...conditions.map((text): SqlPlace => ({ of: 'policy', on, text })),
      ...columns
        .filter((c) => c.generated === null)
        .flatMap(({ name, default: text }): readonly SqlPlace[] =>
          text === null ? [] : [{ of: 'default', on, column: name, text }],
        ),
    ]
  })
  const domains = ([...catalog.structures.values()] as readonly Structure<DomainFacts>[])
    .filter((s) => s.kind === 'domain')
    .flatMap(({ facts }) =>
      facts.checks.map((check): SqlPlace => ({ of: 'domain', on: facts.base, text: check.expression })),
    )
  return [...new Map([...tables, ...domains].map((place) => [keyOf(place), place])).values()]
}

const ways: readonly LeftOut[] = ['all', 'plain', 'constants', 'none']

/** Tables that are read under their own name. */
const unaliased = (node: unknown): readonly string[] => {
  if (typeof node !== 'object' || node === null) return []
  const range = fieldsOf(node, 'RangeVar')
  const name = range?.['alias'] === undefined ? range?.['relname'] : undefined
  return [...(typeof name === 'string' ? [name] : []), ...Object.values(node).flatMap(unaliased)]
}

/** The shortest first; never the text itself. */
const candidatesOf = ({ of, on, text }: SqlPlace, catalog: Catalog): readonly string[] => {
  try {
    const tree = parseExpression(text)
    const table = of === 'policy' ? catalog.tables.get(on) : undefined
    const bare = table ? new Set([table.name, ...unaliased(tree)]) : undefined
    const all = ways
      .flatMap((leftOut): readonly Way[] => [
        ...(table ? [{ leftOut, original: text, bare, own: table.name }] : []),
        { leftOut, original: text, own: table?.name },
      ])
      .map((way) => sqlText(tree, way))
      .filter((one) => one !== null)
    return [...new Set(all)].filter((one) => one !== text)
  } catch {
    // What the parser does not know is printed as PostgreSQL prints it.
    return []
  }
}

/** Under the name of the table, which its policies may put before its columns. */
const copyOf = (place: SqlPlace, catalog: Catalog): string =>
  `pg_temp.${ident(catalog.tables.get(place.on)?.name ?? '')}`

/** What PostgreSQL makes of the text there, as the last row of the message. */
const question = (place: SqlPlace, text: string, copy: string): string => {
  const oid = `${literal(copy)}::pg_catalog.regclass`
  const start = 'rollback to savepoint assay_text'
  const canonical = `set local search_path = ''`
  switch (place.of) {
    case 'table':
      return `${start}; alter table ${copy} add constraint assay_text check ((${text}\n) is not null); ${canonical};
        select pg_catalog.pg_get_expr(conbin, conrelid) as printed from pg_catalog.pg_constraint
        where conname = 'assay_text' and conrelid = ${oid}`
    case 'policy':
      return `${start}; create policy assay_text on ${copy} using (${text}\n); ${canonical};
        select pg_catalog.pg_get_expr(polqual, polrelid) as printed from pg_catalog.pg_policy
        where polname = 'assay_text' and polrelid = ${oid}`
    case 'default':
      return `${start}; alter table ${copy} alter column ${ident(place.column ?? '')} set default ${text}\n; ${canonical};
        select pg_catalog.pg_get_expr(adbin, adrelid) as printed from pg_catalog.pg_attrdef where adrelid = ${oid}`
    case 'domain':
      return `${start}; create domain pg_temp.assay_domain as ${place.on} constraint assay_text check (${text}\n); ${canonical};
        select pg_catalog.pg_get_expr(conbin, 0) as printed from pg_catalog.pg_constraint
        where conname = 'assay_text' and contypid = 'pg_temp.assay_domain'::pg_catalog.regtype`
  }
}

const opening = (place: SqlPlace, catalog: Catalog): string => {
  const table = place.of === 'domain' ? undefined : catalog.tables.get(place.on)
  return `begin; ${table ? `create temp table ${ident(table.name)} (like ${qualified(table)}); ` : ''}savepoint assay_text`
}

interface Asked {
  readonly place: SqlPlace
  readonly text: string
}

/** PostgreSQL's own print of each text; null where it refuses it. */
const printed = async (
  db: Session,
  catalog: Catalog,
  asked: readonly Asked[],
): Promise<readonly (string | null)[]> => {
  const groups = new Map<string, Asked[]>()
  for (const one of asked) {
    const on = one.place.of === 'domain' ? '' : one.place.on
    groups.set(on, [...(groups.get(on) ?? []), one])
  }
  const answers = new Map<Asked, string | null>()
  for (const group of groups.values()) {
    const messages = group.map(({ place, text }) => question(place, text, copyOf(place, catalog)))
    const replies = await db.batch([opening(group[0]!.place, catalog), ...messages, 'rollback'])
    for (const [i, one] of group.entries()) {
      const { fault, commands } = replies[i + 1]!
      const row = commands.find((command) => command.columns[0] === 'printed')?.rows[0]
      answers.set(one, fault ? null : (row?.[0] ?? null))
    }
  }
  return asked.map((one) => answers.get(one) ?? null)
}

/** Parentheses around the whole, which a text needs only among others. */
const withoutParentheses = (text: string): string => {
  if (!text.startsWith('(') || !text.endsWith(')')) return text
  const plain = text.replaceAll(/"(?:[^"]|"")*"|E?'(?:[^']|'')*'/gu, (part) => '_'.repeat(part.length))
  let depth = 0
  for (const [i, letter] of Array.from({ length: plain.length }, (_, n) => [n, plain[n]] as const)) {
    if (letter === '(') depth += 1
    if (letter === ')') depth -= 1
    if (depth === 0 && i < text.length - 1) return text
  }
  return withoutParentheses(text.slice(1, -1))
}

/** CASE comes over several lines. */
const onOneLine = (text: string): string =>
  text
    .split(/("(?:[^"]|"")*"|'(?:[^']|'')*')/u)
    .map((part, i) => (i % 2 === 0 ? part.replaceAll(/\s+/gu, ' ') : part))
    .join('')
    .trim()

/** Every expression as PostgreSQL prints it. */
export const asPrinted: ReadableSql = ({ text }) => withoutParentheses(onOneLine(text))

/** `db`: a session that may make temporary tables in a database with this catalog, inside no transaction. */
export const readReadableSql = async (db: Session, catalog: Catalog): Promise<ReadableSql> => {
  await loadParser()
  const places = placesOf(catalog)
  const wanted = await printed(
    db,
    catalog,
    places.map((place) => ({ place, text: place.text })),
  )
  const found = new Map<string, string>()
  let open = places.flatMap((place, i) => {
    const printedText = wanted[i] ?? null
    return printedText === null ? [] : [{ place, printedText, texts: candidatesOf(place, catalog) }]
  })
  while (open.length > 0) {
    const asked = open.flatMap(({ place, texts }) =>
      texts[0] === undefined ? [] : [{ place, text: texts[0] }],
    )
    const answers = await printed(db, catalog, asked)
    const answerTo = new Map(asked.map(({ place }, i) => [place, answers[i] ?? null]))
    open = open.flatMap((one) => {
      const [text, ...texts] = one.texts
      if (text === undefined) return []
      if (answerTo.get(one.place) !== one.printedText) return [{ ...one, texts }]
      found.set(keyOf(one.place), text)
      return []
    })
  }
  return (place) => found.get(keyOf(place)) ?? asPrinted(place)
}
