/**
 * Functions that the CHECKs of domains alone call: STRICT or not they differ for null alone, and a domain takes unknown
 * as true. Where every domain that calls one answers alike for null, nothing tells the two apart.
 */
import type { DomainFacts } from '../../catalog/domain.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Structure } from '../../catalog/structure.ts'
import { callsPlainly } from '../called/functions.ts'
import { isNamedElsewhere } from '../never-null-calls.ts'
import type { Indistinct, RuleContext } from '../rule-kind.ts'
import { tryEach } from '../trial.ts'

type Domain = Structure<DomainFacts>

const why = 'it differs for null alone, and the domains that call it take null either way'

const isDomain = (user: Structure): user is Domain => user.kind === 'domain'

const checksThatCall = ({ facts }: Domain, name: string): readonly string[] =>
  facts.checks.map(({ expression }) => expression).filter((expression) => expression.includes(name))

const ofNull = (users: readonly Domain[], name: string): string => {
  const parts = users.flatMap((user) =>
    checksThatCall(user, name).map(
      (expression) =>
        `(select coalesce((${expression})::boolean, true) from (select cast(null as ${user.facts.base}) as value) as v)`,
    ),
  )
  return `select ${parts.join(', ')}`
}

/** Of the functions that the domain calls, those that it is the first to call. */
export const sameForNullValue = async (
  { catalog, db }: RuleContext,
  domain: string,
): Promise<readonly Indistinct[]> => {
  const found: Indistinct[] = []
  for (const id of catalog.structures.get(domain)?.dependsOn ?? []) {
    const fn = catalog.structures.get(id)
    const users = [...catalog.structures.values()].filter(({ dependsOn }) => dependsOn.includes(id))
    if (fn?.kind !== 'function' || users[0]?.id !== domain || isNamedElsewhere(fn, catalog)) continue
    if (!users.every((user): user is Domain => isDomain(user))) continue
    const checks = users.flatMap((user) => checksThatCall(user, fn.name))
    if (checks.length === 0 || !checks.every((expression) => callsPlainly(expression, fn))) continue
    const mutants = kindOfStructure(fn)
      .mutants(fn, catalog)
      .filter((m) => /~(?:strict|called-on-null)$/u.test(m.id))
    const asked = ofNull(users, fn.name)
    const replies = await tryEach(db, [], [[asked], ...mutants.map(({ ddl }) => [...ddl, asked])])
    const [before, ...after] = replies.map(({ fault, commands }) =>
      fault ? null : JSON.stringify(commands.at(-2)?.rows),
    )
    mutants.forEach((mutant, i) => {
      if (before != null && before === after[i]) found.push({ structure: id, mutant: mutant.id, why })
    })
  }
  return found
}
