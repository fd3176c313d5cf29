/** How relations and structures are named in rule ids, ledgers and messages: readable, stable, unambiguous. */

/** A relation's schema and name exactly as PostgreSQL holds them (no quotes). */
export interface RelationName {
  readonly schema: string
  readonly name: string
}

const plain = /^[^\s."/:,#]+$/u

/** One part of an id: as it is when it has no separator in it, double-quoted otherwise. */
export const idPart = (text: string): string => (plain.test(text) ? text : `"${text.replaceAll('"', '""')}"`)

/** `products` for public.products, `sales.orders` for others, `sales."a.b"` for a name with a dot. */
export const relationId = ({ schema, name }: RelationName): string =>
  schema === 'public' ? idPart(name) : `${idPart(schema)}.${idPart(name)}`

/**
 * The relation that a person means: by its id, as queries name it (`Sales 2.orders`, without quotes), or by a name that
 * no other has.
 */
export const relationMeant = <R extends RelationName>(
  text: string,
  relations: readonly R[],
): R | undefined => {
  const asNamed = parseRelationName(text)
  const [only, ...others] = relations.filter(({ name }) => name === text)
  return (
    relations.find((one) => relationId(one) === text) ??
    relations.find(({ schema, name }) => schema === asNamed.schema && name === asNamed.name) ??
    (others.length === 0 ? only : undefined)
  )
}

/** Reads what `table('sales.orders')` was given: a dot separates the schema; no dot means public. */
export const parseRelationName = (text: string): RelationName => {
  const dot = text.indexOf('.')
  return dot < 0
    ? { schema: 'public', name: text }
    : { schema: text.slice(0, dot), name: text.slice(dot + 1) }
}

/** `products/unique:tenant_id,slug`: the id of a rule or structure of a relation. */
export const structureId = (relation: string, kind: string, ...details: readonly string[]): string =>
  details.length === 0 ? `${relation}/${kind}` : `${relation}/${kind}:${details.map(idPart).join(',')}`

/**
 * Where rules on sequences, types and functions stand: on no table. No relation has this id, for one with a space in
 * its name is written with quotes.
 */
export const databaseObjects = 'database objects'
