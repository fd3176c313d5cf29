/** The ways to break a domain: each of its promises taken away, its CHECKs broken place by place. */
import { ident, qualified } from '../postgres/quote.ts'
import { expressionMutants } from './expression/expressions.ts'
import { makeMutant } from './make-mutant.ts'
import type { Mutant, Structure } from './structure.ts'

/** What this file needs of domain.ts's facts. */
interface Facts {
  readonly schema: string
  readonly name: string
  readonly notNull: boolean
  readonly default: string | null
  readonly checks: readonly {
    readonly name: string
    readonly expression: string
    readonly validated: boolean
  }[]
}

type Check = Facts['checks'][number]

const checkMutants = (structure: Structure<Facts>, check: Check): Mutant[] => {
  const alter = `alter domain ${qualified(structure.facts)}`
  const dropped = `${alter} drop constraint ${ident(check.name)}`
  return [
    makeMutant(structure, {
      does: 'check-removed',
      details: [check.name],
      effect: 'weakened',
      summary: `CHECK ${check.name} is gone`,
      ddl: [dropped],
    }),
    ...expressionMutants(check.expression).map((m) =>
      makeMutant(structure, {
        does: `check-${m.operator}`,
        details: [check.name, m.detail],
        effect: m.effect,
        summary: `CHECK ${check.name}: ${m.summary}`,
        ddl: [dropped, `${alter} add constraint ${ident(check.name)} check (${m.sql})`],
      }),
    ),
  ]
}

/** `stripped`: the DDL that leaves the domain as its base type. `nullRefusedAnyway`: why. A domain that promises nothing has nothing to break. */
export const domainMutants = (
  structure: Structure<Facts>,
  stripped: readonly string[],
  nullRefusedAnyway: string | null,
): readonly Mutant[] => {
  const { facts } = structure
  const alter = `alter domain ${qualified(facts)}`
  const nullability = makeMutant(structure, {
    does: facts.notNull ? 'not-null-removed' : 'not-null-added',
    effect: facts.notNull ? 'weakened' : 'strengthened',
    summary: facts.notNull ? 'it takes null' : 'it refuses null',
    ddl: [`${alter} ${facts.notNull ? 'drop' : 'set'} not null`],
    equivalent: nullRefusedAnyway,
  })
  const defaultRemoved = makeMutant(structure, {
    does: 'default-removed',
    effect: 'changed',
    summary: `default ${facts.default} is gone`,
    ddl: [`${alter} drop default`],
  })
  const removed = makeMutant(structure, {
    does: 'removed',
    effect: 'removed',
    summary: 'it takes whatever its base type takes',
    ddl: stripped,
  })
  const parts = [
    nullability,
    ...(facts.default === null ? [] : [defaultRemoved]),
    ...facts.checks.flatMap((check) => checkMutants(structure, check)),
  ]
  return stripped.length === 0 ? parts : [removed, ...parts]
}
