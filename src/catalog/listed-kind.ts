/**
 * Kinds that are read, made and dropped as a whole and never broken: what is made of them has mutants. One query
 * answers the statements that make each.
 */
import type { Session } from '../postgres/session.ts'
import type { Structure, StructureKind } from './structure.ts'
import { usedIds, type Use } from './uses.ts'

export interface ListedFacts {
  readonly schema: string
  readonly name: string
  /** Of an operator. */
  readonly operands: readonly string[]
  /** `collation public.german`: as DROP takes it. */
  readonly called: string
  /** The first makes it, the others complete it. */
  readonly statements: readonly string[]
}

/** A row of the query that reads such a kind. */
export interface ListedRow extends ListedFacts {
  readonly class: string
  readonly oid: number
  /** Where the first statement's name ends. */
  readonly named: number
  readonly uses: readonly Use[]
}

interface ListedKind {
  readonly kind: string
  readonly sql: string
  readonly id: (facts: ListedFacts) => string
  readonly notMutated: string
}

const definitionOf = ({ statements, named }: ListedRow): string =>
  statements.map((sql, i) => (i === 0 ? sql.slice(named).trim() : sql)).join('; ')

export const listedKind = ({ kind, sql, id, notMutated }: ListedKind): StructureKind<ListedFacts> => ({
  kind,
  read: async (db: Session) =>
    (await db.json<ListedRow>(sql)).map((row): Structure<ListedFacts> => {
      const { class: _class, oid: _oid, named: _named, uses, ...facts } = row
      return {
        id: id(facts),
        kind,
        table: null,
        name: facts.name,
        definition: definitionOf(row),
        dependsOn: usedIds(uses).filter((on) => on !== id(facts)),
        facts,
      }
    }),
  create: ({ facts }) => facts.statements,
  drop: ({ facts }) => [`drop ${facts.called} cascade`],
  mutants: () => [],
  notMutated,
  declaredBy: (structure) => `the rule that needs it, with { by: [${JSON.stringify(structure.id)}] }`,
})
