/** A materialized view as it is made and as it is declared. */
import type { Catalog } from '../../../catalog/structure.ts'
import { relationId } from '../../../ground/names.ts'
import { ident, identList, qualified } from '../../../postgres/quote.ts'
import { structureName } from '../../../rules/ddl.ts'
import type { KeptAnswer } from './kept-answer.ts'

export interface DeclaredView {
  readonly schema: string
  readonly name: string
  readonly id: string
  /** CREATE MATERIALIZED VIEW, and its index. */
  readonly sql: readonly string[]
}

export const nameView = (
  kept: KeptAnswer,
  table: string,
  {
    schema,
    catalog,
    taken,
  }: { readonly schema: string; readonly catalog: Catalog; readonly taken: Set<string> },
): DeclaredView => {
  const usual = structureName(table, 'by', ...kept.keys)
  const isTaken = (name: string): boolean =>
    taken.has(name) ||
    [...catalog.structures.values()].some((one) => one.name === name) ||
    catalog.tables.has(relationId({ schema, name }))
  let [name, number] = [usual, 1]
  while (isTaken(name)) name = structureName(table, 'by', ...kept.keys, String(++number))
  taken.add(name)
  const relation = qualified({ schema, name })
  const index = structureName(relationId({ schema, name }), 'key')
  return {
    schema,
    name,
    id: relationId({ schema, name }),
    sql: [
      `create materialized view ${relation} as ${kept.definition};`,
      ...(kept.keys.length === 0
        ? []
        : [`create unique index ${ident(index)} on ${relation} (${identList(kept.keys)});`]),
    ],
  }
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const template = (text: string): string => `\`${text.replaceAll(/[\\`]|\$\{/gu, (found) => `\\${found}`)}\``

const identifier = (name: string): string => {
  const text = name
    .replaceAll(/[^\p{L}\p{N}]+(.)?/gu, (_, next: string | undefined) => next?.toUpperCase() ?? '')
    .replace(/^\p{Lu}/u, (first) => first.toLowerCase())
    .replace(/^(?=\p{N})/u, '_')
  return text === '' ? 'kept' : text
}

/** `columns`: names and SQL types, in order; `role`: who reads it. */
export const declarationOf = (
  { schema, name, sql }: DeclaredView,
  { definition }: KeptAnswer,
  columns: readonly (readonly [string, string])[],
  role: string | null,
): string => {
  const called =
    schema === 'public' && !name.includes('.')
      ? quoted(name)
      : `{ schema: ${quoted(schema)}, name: ${quoted(name)} }`
  const shape = columns.map(([column, type]) => `${quoted(column)}: ${quoted(type)}`).join(', ')
  const index = sql[1]?.replace(/;$/u, '')
  const rules = role === null ? '' : `, (v) => [v.visibleTo(${quoted(role)}, 'select')]`
  return [
    `export const ${identifier(name)} = materializedView(${called}, ${template(definition)}, {`,
    `  columns: { ${shape} },`,
    ...(index === undefined ? [] : [`  indexes: ${template(index)},`]),
    `}${rules})`,
  ].join('\n')
}
