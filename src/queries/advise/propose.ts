/** All candidates for some statements, each once. */
import type { Catalog } from '../../catalog/structure.ts'
import type { Session } from '../../postgres/session.ts'
import { draftText, toCandidate, type Candidate, type Ground } from './candidate.ts'
import { candidateKinds } from './candidates/kinds.ts'
import type { SourceShape } from './terms.ts'

/** Of one kind, for one relation of one statement: the likeliest come first. */
const mostOfKind = 24

/** A leaf is indexed by its whole. */
const isWhole = ({ table }: SourceShape): boolean =>
  table.partitionOf === null && (table.kind === 'table' || table.kind === 'partitioned')

export const readGround = async (db: Session): Promise<Ground> => {
  const rows = await db.json<{ readonly name: string; readonly schema: string }>(
    `select e.extname as name, n.nspname as schema
       from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace`,
  )
  return { extensions: new Map(rows.map(({ name, schema }) => [name, schema])) }
}

/** Names of the catalog are left alone. */
const namesIn = (catalog: Catalog): ReadonlySet<string> =>
  new Set([...catalog.structures.values()].map(({ name }) => name))

/**
 * `targets`: ids of the statements that it is for; what the others ask for may be served along with it. `known`: what is
 * proposed already, and not again.
 */
export const proposeAll = (
  shapes: readonly SourceShape[],
  targets: ReadonlySet<string>,
  catalog: Catalog,
  ground: Ground,
  known: readonly Candidate[] = [],
): readonly Candidate[] => {
  const taken = new Set([...namesIn(catalog), ...known.map(({ name }) => name)])
  const found = new Map(known.map((one) => [draftText(one.draft), one]))
  let number = 0
  const nextName = (): string => {
    do number += 1
    while (taken.has(`assay_advice_${number}`))
    return `assay_advice_${number}`
  }
  const asking = shapes.filter((shape) => isWhole(shape) && targets.has(shape.of))
  for (const kind of candidateKinds)
    for (const shape of asking) {
      const peers = shapes.filter((one) => one.table.id === shape.table.id && one !== shape)
      for (const draft of kind.propose(shape, peers, ground).slice(0, mostOfKind)) {
        const text = draftText(draft)
        if (!found.has(text)) found.set(text, toCandidate(kind.kind, draft, nextName()))
      }
    }
  return [...found.values()].filter((one) => !known.includes(one))
}
