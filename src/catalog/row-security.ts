/** Row-level security of a table: enabled, and forced on its owner too. Without it every policy is asleep. */
import { structureId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import { makeMutant } from './make-mutant.ts'
import { withFollowers } from './partition/template.ts'
import type { Mutant, Structure, StructureKind } from './structure.ts'
import type { Table } from './table.ts'

export interface RowSecurityFacts {
  /** `"schema"."table"`. */
  readonly relation: string
  readonly enabled: boolean
  readonly forced: boolean
  /** Partitions that have it as this table has: asked directly, they are guarded by their own alone. */
  readonly followers: readonly string[]
}

type OwnFacts = Omit<RowSecurityFacts, 'followers'>

const alter = (facts: OwnFacts, what: string): string =>
  `alter table ${facts.relation} ${what} row level security`

const definitionOf = ({ enabled, forced }: OwnFacts): string =>
  [...(enabled ? ['ENABLE'] : []), ...(forced ? ['FORCE'] : []), 'ROW LEVEL SECURITY'].join(' ')

const toStructure = (table: Table): Structure<OwnFacts> => {
  const facts = { relation: qualified(table), enabled: table.rowSecurity, forced: table.forceRowSecurity }
  return {
    id: structureId(table.id, 'rowSecurity'),
    kind: 'rowSecurity',
    table: table.id,
    name: table.name,
    definition: definitionOf(facts),
    dependsOn: [structureId(table.id, 'table')],
    facts,
  }
}

/** Partitions are alike: the first stands for all, whatever its name is this month. */
const inPartition = (structure: Structure<RowSecurityFacts>): readonly Mutant[] => {
  const [relation] = structure.facts.followers
  if (relation === undefined) return []
  return [
    makeMutant(structure, {
      does: 'disabled-in-partition',
      effect: 'weakened',
      summary: 'row-level security is disabled on a partition, which can be asked directly',
      ddl: [alter({ ...structure.facts, relation }, 'disable')],
    }),
  ]
}

const mutantsOf = (structure: Structure<RowSecurityFacts>): readonly Mutant[] => {
  const { facts } = structure
  const disabled = makeMutant(structure, {
    does: 'disabled',
    effect: 'removed',
    summary: 'row-level security is disabled',
    ddl: [alter(facts, 'disable')],
    equivalent: facts.enabled ? null : 'FORCE without ENABLE does nothing: no policy is asked',
  })
  if (!facts.enabled) return [disabled]
  const forced = facts.forced
    ? makeMutant(structure, {
        does: 'force-off',
        effect: 'weakened',
        summary: 'the owner of the table passes every policy',
        ddl: [alter(facts, 'no force')],
      })
    : makeMutant(structure, {
        does: 'force-on',
        effect: 'strengthened',
        summary: 'the owner of the table is bound by its policies',
        ddl: [alter(facts, 'force')],
      })
  return [disabled, forced, ...inPartition(structure)]
}

export const rowSecurityKind: StructureKind<RowSecurityFacts> = {
  kind: 'rowSecurity',
  read: async (_db, tables) =>
    withFollowers(
      [...tables.values()].filter((t) => t.rowSecurity || t.forceRowSecurity).map(toStructure),
      tables,
    ),
  create: ({ facts }) => [
    ...(facts.enabled ? [alter(facts, 'enable')] : []),
    ...(facts.forced ? [alter(facts, 'force')] : []),
  ],
  drop: ({ facts }) => [
    ...(facts.forced ? [alter(facts, 'no force')] : []),
    ...(facts.enabled ? [alter(facts, 'disable')] : []),
  ],
  mutants: mutantsOf,
  declaredBy: () =>
    't.policies({ … }) with every policy by its name, or t.isolatedBy(…) with the column that tells tenants apart',
}
