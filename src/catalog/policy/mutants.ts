/** The ways to break a policy. `alter policy` where it can; its command and its kind need it dropped and made again. */
import { parseExpression } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { policyDdl, type PolicyFacts } from '../dependency/dependent-ddl.ts'
import { fieldsOf } from '../expression/tree.ts'
import { makeMutant } from '../make-mutant.ts'
import { policyExpressionMutants } from './expressions.ts'
import { referencesOf } from '../references.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'

interface Facts extends PolicyFacts {
  readonly relation: string
  readonly followers: readonly string[]
}

const isTrue = (expression: string): boolean => expression.toLowerCase() === 'true'

/** Of the expressions a policy has, which rows it lets out and which it lets in. */
const reads = (command: string): boolean => command !== 'insert'
const writes = (command: string): boolean => command !== 'select' && command !== 'delete'

const remade = (facts: Facts, change: Partial<PolicyFacts>): readonly string[] => [
  ...policyDdl(facts.relation, facts).drop,
  ...policyDdl(facts.relation, { ...facts, ...change, comment: null }).create,
]

const altered = (facts: Facts, change: string): readonly string[] => [
  `alter policy ${ident(facts.name)} on ${facts.relation} ${change}`,
]

/** A broken policy: how it is made, and what the policy then says; null when it is gone. */
export interface PolicyVariant {
  readonly mutant: Mutant
  readonly facts: PolicyFacts | null
}

/** What a write is checked against: WITH CHECK, or USING where there is none. */
const checkOf = ({ withCheck, using }: Facts): string | null => withCheck ?? using

const openedMutants = (structure: Structure<Facts>): PolicyVariant[] => {
  const { facts } = structure
  const check = checkOf(facts)
  const mutants: PolicyVariant[] = []
  // USING alone is opened: without a WITH CHECK of its own the old expression is given as one.
  const keptCheck = writes(facts.command) && check !== null ? ` with check (${check})` : ''
  if (reads(facts.command) && facts.using !== null && !isTrue(facts.using))
    mutants.push({
      facts: { ...facts, using: 'true', withCheck: keptCheck === '' ? facts.withCheck : check },
      mutant: makeMutant(structure, {
        does: 'using-true',
        effect: 'weakened',
        summary: `USING (${facts.using}) becomes USING (true)`,
        ddl: altered(facts, `using (true)${keptCheck}`),
      }),
    })
  if (writes(facts.command) && check !== null && !isTrue(check))
    mutants.push({
      facts: { ...facts, withCheck: 'true' },
      mutant: makeMutant(structure, {
        does: 'check-true',
        effect: 'weakened',
        summary: `rows are written without WITH CHECK (${check})`,
        ddl: altered(facts, 'with check (true)'),
      }),
    })
  return mutants
}

const flipped = (structure: Structure<Facts>): PolicyVariant => ({
  facts: { ...structure.facts, permissive: !structure.facts.permissive },
  mutant: makeMutant(structure, {
    does: structure.facts.permissive ? 'restrictive' : 'permissive',
    effect: structure.facts.permissive ? 'strengthened' : 'weakened',
    summary: structure.facts.permissive
      ? 'it only narrows what other policies permit'
      : 'it permits by itself instead of narrowing',
    ddl: remade(structure.facts, { permissive: !structure.facts.permissive }),
  }),
})

const rolesMutants = (structure: Structure<Facts>): PolicyVariant[] => {
  const { facts } = structure
  if (facts.roles.includes(null)) return []
  const without = (role: string | null): readonly (string | null)[] => facts.roles.filter((r) => r !== role)
  return [
    {
      facts: { ...facts, roles: [null] },
      mutant: makeMutant(structure, {
        does: 'role-public',
        effect: facts.permissive ? 'weakened' : 'strengthened',
        summary: `TO ${facts.roles.join(', ')} becomes TO PUBLIC`,
        ddl: altered(facts, 'to public'),
      }),
    },
    ...(facts.roles.length < 2 ? [] : facts.roles).map((role) => ({
      facts: { ...facts, roles: without(role) },
      mutant: makeMutant(structure, {
        does: 'role-removed',
        details: [role ?? 'public'],
        effect: facts.permissive ? 'strengthened' : 'weakened',
        summary: `it is not for ${role} any more`,
        ddl: altered(
          facts,
          `to ${without(role)
            .map((r) => ident(r ?? ''))
            .join(', ')}`,
        ),
      }),
    })),
  ]
}

const commands = ['select', 'insert', 'update', 'delete'] as const

/** The expressions that a policy for another command may have. */
const forCommand = (facts: Facts, command: string): Partial<PolicyFacts> => {
  const using = facts.using ?? facts.withCheck
  const check = checkOf(facts)
  return {
    command,
    using: reads(command) ? using : null,
    withCheck: writes(command) && !(reads(command) && check === using) ? check : null,
  }
}

/** Permissive policies add up: one that another policy already says for a command adds nothing to it. */
const isSaidBy = (other: Facts, facts: Facts, command: string): boolean => {
  const asked = { ...facts, ...forCommand(facts, command) }
  return (
    other.permissive &&
    (other.command === command || other.command === 'all') &&
    facts.roles.every((role) => other.roles.includes(role)) &&
    (!reads(command) || other.using === asked.using) &&
    (!writes(command) || checkOf(other) === checkOf(asked))
  )
}

/** Why a permissive policy may as well be for every command; null when it may not. */
const saidForAll = (structure: Structure<Facts>, catalog: Catalog): string | null => {
  const { facts, table } = structure
  if (!facts.permissive || table === null) return null
  const others = catalog.of(table, 'policy').filter((s) => s.id !== structure.id)
  const isSaid = (command: string): boolean =>
    command === facts.command || others.some((s) => isSaidBy(s.facts as Facts, facts, command))
  return commands.every(isSaid) ? 'other policies say the same for every other command' : null
}

const commandMutants = (structure: Structure<Facts>, catalog: Catalog): PolicyVariant[] => {
  const { facts } = structure
  const narrow = facts.command === 'all'
  const others = narrow ? commands : (['all'] as const)
  return others.map((command) => ({
    facts: { ...facts, ...forCommand(facts, command) },
    mutant: makeMutant(structure, {
      does: narrow ? 'command-narrowed' : 'command-widened',
      details: [command],
      effect: narrow === facts.permissive ? 'strengthened' : 'weakened',
      summary: `FOR ${facts.command.toUpperCase()} becomes FOR ${command.toUpperCase()}`,
      ddl: remade(facts, forCommand(facts, command)),
      equivalent: command === 'all' ? saidForAll(structure, catalog) : null,
    }),
  }))
}

/** Whether rows that a subquery of the expression finds point to the policy's own table, or are its own. */
const looksAtPointers = (sql: string, table: string | null, catalog: Catalog): boolean => {
  const isOne = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return false
    const { schemaname, relname } = fieldsOf(node, 'RangeVar') ?? {}
    const named = [...catalog.tables.values()].find(
      (t) => t.name === relname && (schemaname === undefined || t.schema === schemaname),
    )
    const points = named && (named.id === table || targetsOf(catalog, named.id).includes(table ?? ''))
    return points === true || Object.values(node).some(isOne)
  }
  return isOne(parseExpression(sql))
}

const targetsOf = (catalog: Catalog, table: string): readonly string[] =>
  referencesOf(catalog, table).map(({ facts }) => facts.target)

/**
 * An update or a deletion without WHERE is tried on one row alone; what a subquery takes for another row, when that one
 * has to stand, shows beside others.
 */
const isWithin = (
  { facts, table }: Structure<Facts>,
  sql: string,
  operator: string,
  catalog: Catalog,
): boolean =>
  !operator.startsWith('subquery-') ||
  (facts.command !== 'update' && facts.command !== 'delete') ||
  !looksAtPointers(sql, table, catalog)

const expressionMutantsOf = (structure: Structure<Facts>, catalog: Catalog): PolicyVariant[] => {
  const { facts } = structure
  const of = (word: 'using' | 'with check', expression: string | null): PolicyVariant[] =>
    expression === null
      ? []
      : policyExpressionMutants(expression, catalog)
          .filter((m) => isWithin(structure, expression, m.operator, catalog))
          .map((m) => ({
            facts: { ...facts, ...(word === 'using' ? { using: m.sql } : { withCheck: m.sql }) },
            mutant: makeMutant(structure, {
              does: `${word === 'using' ? 'using' : 'check'}-${m.operator}`,
              details: [m.detail],
              effect: m.effect,
              summary: `${word.toUpperCase()}: ${m.summary}`,
              ddl: altered(facts, `${word} (${m.sql})`),
              equivalent: m.equivalent ?? null,
            }),
          }))
  return [...of('using', facts.using), ...of('with check', facts.withCheck)]
}

/** Partitions are alike: the first stands for all, whatever its name is this month. */
const inPartition = (structure: Structure<Facts>): Mutant[] => {
  const [relation] = structure.facts.followers
  if (relation === undefined) return []
  const facts = { ...structure.facts, relation }
  return [
    makeMutant(structure, {
      does: 'dropped-in-partition',
      effect: 'removed',
      summary: 'the policy is dropped on a partition, which can be asked directly',
      ddl: policyDdl(relation, facts).drop,
    }),
    ...(facts.using === null || isTrue(facts.using)
      ? []
      : [
          makeMutant(structure, {
            does: 'using-true-in-partition',
            effect: 'weakened',
            summary: `USING (${facts.using}) becomes USING (true) on a partition, which can be asked directly`,
            ddl: altered(facts, 'using (true)'),
          }),
        ]),
  ]
}

/** Every mutant of the policy itself with what it then says, so that an experiment can be chosen that tells. */
export const policyVariants = (structure: Structure<Facts>, catalog: Catalog): readonly PolicyVariant[] => [
  {
    facts: null,
    mutant: makeMutant(structure, {
      does: 'dropped',
      effect: 'removed',
      summary: 'the policy is dropped',
      ddl: policyDdl(structure.facts.relation, structure.facts).drop,
    }),
  },
  ...openedMutants(structure),
  flipped(structure),
  ...rolesMutants(structure),
  ...commandMutants(structure, catalog),
  ...expressionMutantsOf(structure, catalog),
]

export const policyMutants = (structure: Structure<Facts>, catalog: Catalog): readonly Mutant[] => [
  ...policyVariants(structure, catalog).map(({ mutant }) => mutant),
  ...inPartition(structure),
]
