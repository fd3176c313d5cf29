/** domain: the column takes exactly the values of a domain: its base type within the domain's CHECKs. */
import type { DomainRule } from '../architecture/kinds/domain.ts'
import type { DomainFacts } from '../catalog/domain.ts'
import type { Structure } from '../catalog/structure.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident, qualified } from '../postgres/quote.ts'
import { saidOfColumn } from '../rows/domain-value.ts'
import { alterColumn } from './ddl.ts'
import { addDomainDefault } from './domain/default.ts'
import { faultOfValue } from './domain/judge.ts'
import { sameForNullValue } from './domain/strictness.ts'
import { tellingValues, type Beside } from './domain/values.ts'
import { allTrue, standOnBaseRow, type Ground } from './draft.ts'
import type { Cause, Note } from './experiment.ts'
import { idleCase } from './idle-check.ts'
import { ownOrInherited } from './inherited.ts'
import { makeRow } from './make-row.ts'
import { causeOfRaised } from './raised-check.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { shortened } from './sentence.ts'
import { addProbeCases, rowWithValue } from './type-cases.ts'
import { understandType } from './type-oracle.ts'
import { userTypeId } from './user-types.ts'
import { addUntriggered } from './untriggered.ts'

type DomainCheck = DomainRule['checks'][number]

/** A domain whose CHECKs a column's values have to pass: its own one, or one that this stands on. */
interface AskedDomain {
  readonly rule: DomainRule
  /** Whose values are refused, as PostgreSQL reports it: the column's, without its schema. */
  readonly name: string
  readonly base: string
  readonly checks: readonly DomainCheck[]
  /** Of the domains that this one stands on, and of those that stand on it. */
  readonly beside: Beside
  /** Of the domain's structure. */
  readonly id: string | null
  readonly facts?: DomainFacts
}

/** The type's own name as PostgreSQL reports it: without its schema. */
const bareName = (rule: DomainRule, context: RuleContext): string =>
  context.table.columns.find((c) => c.name === rule.column)?.typeName ?? rule.type

const domainOf = ({ catalog }: RuleContext, id: string): Structure<DomainFacts> | undefined => {
  const found = catalog.structures.get(id)
  return found?.kind === 'domain' ? (found as Structure<DomainFacts>) : undefined
}

/** The domain as declared, then those that it stands on, as they are in the database. */
const askedDomains = (rule: DomainRule, context: RuleContext): readonly AskedDomain[] => {
  const id = userTypeId(context.catalog, context.table, rule.column, 'domain')
  const own = id === null ? undefined : domainOf(context, id)
  const above: Structure<DomainFacts>[] = []
  for (let at = own; at !== undefined;) {
    const base = at.facts.base.replaceAll('"', '')
    at = at.dependsOn
      .flatMap((one) => domainOf(context, one) ?? [])
      .find(({ facts: { schema, name } }) => base === name || base === `${schema}.${name}`)
    if (at !== undefined) above.push(at)
  }
  const all = [rule.checks, ...above.map(({ facts }) => facts.checks)]
  const expressions = (lists: readonly (readonly DomainCheck[])[]): readonly string[] =>
    lists.flatMap((checks) => checks.map(({ expression }) => expression))
  return [
    {
      rule,
      name: bareName(rule, context),
      base: rule.base,
      checks: rule.checks,
      // A cast to what it stands on asks these.
      beside: { first: [], then: [] },
      id,
      ...(own ? { facts: own.facts } : {}),
    },
    ...above.map((one, i) => ({
      rule,
      name: bareName(rule, context),
      base: one.facts.base,
      checks: one.facts.checks,
      beside: { first: expressions(all.slice(i + 2)), then: expressions(all.slice(0, i + 1)) },
      id: one.id,
      facts: one.facts,
    })),
  ]
}

/** A constraint that the declaration leaves nameless is known by its domain alone. */
const causeOf = ({ name, facts }: AskedDomain, check: DomainCheck, isOfColumn: boolean): Cause => ({
  sqlstate: '23514',
  dataType: isOfColumn ? name : (facts?.name ?? name),
  ...(check.name === null ? {} : { constraint: check.name }),
})

/** The domain's own CHECK that is declared: by its name, by its words, or since there is no other. */
const ownCheck = ({ facts }: AskedDomain, check: DomainCheck): DomainFacts['checks'][number] | undefined => {
  const [only, ...more] = facts?.checks ?? []
  return check.name === null && more.length === 0 ? only : facts?.checks.find((c) => c.name === check.name)
}

/** That no value breaks it: why, where that is proven. */
const addUnbroken = async (
  domain: AskedDomain,
  check: DomainCheck,
  context: RuleContext,
  { draft }: Ground,
  tried: string,
): Promise<readonly Note[]> => {
  const { id, facts, rule } = domain
  const own = ownCheck(domain, check)
  const asked = id && facts && own ? { of: id, on: facts, isDomain: true, name: own.name } : null
  const idle = asked ? await idleCase(rule.id, context, asked) : null
  if (idle) draft.add({ ...idle.case, title: `${shortened(check.expression)}: ${idle.case.title}` })
  else draft.unsolved(`no value was found that breaks ${shortened(check.expression)}`, tried)
  return idle ? [idle.note] : []
}

/** Broken CHECKs that agree with the domain's own on every value: said of the column, they can be proven. */
const addIndistinct = async (
  domain: AskedDomain,
  check: DomainCheck,
  context: RuleContext,
  { draft }: Ground,
): Promise<void> => {
  const { id, rule } = domain
  const written = ownCheck(domain, check)?.expression ?? check.expression
  const said = saidOfColumn(written, rule.column)
  if (id === null || said === null) return
  const broken = expressionMutants(written).flatMap(({ sql }) => {
    const of = saidOfColumn(sql, rule.column)
    return of === null ? [] : [{ sql, of }]
  })
  const found = await context.rows.distinguish(
    context.table,
    said,
    broken.map(({ of }) => of),
  )
  draft.indistinct(
    id,
    found.equivalent.map((i) => broken[i]!.sql),
  )
}

/** What no column shows, since a domain that stands on this one refuses the value as well: asked of the domain alone. */
const addCast = (facts: DomainFacts, sql: string, by: Cause | null, { draft }: Ground): void => {
  draft.add({
    title: `${facts.name} ${by ? 'refuses' : 'takes'} ${shortened(sql)}`,
    when: [`select cast(${sql} as ${qualified(facts)})`],
    then: by ? { kind: 'rejected', by } : { kind: 'accepted' },
  })
}

const addCheckCases = async (
  domain: AskedDomain,
  check: DomainCheck,
  context: RuleContext,
  ground: Ground,
): Promise<readonly Note[]> => {
  const { rows, table, db } = context
  const { rule, base, checks, beside } = domain
  const { column } = rule
  const first = [...checks.filter((c) => c !== check).map((c) => c.expression), ...beside.first]
  const candidates = await rows.candidates(table, column, [check.expression, ...first, ...beside.then])
  const values = await tellingValues(db, base, check.expression, candidates, { ...beside, first })
  for (const { sql, said, isTaken } of values) {
    const fault = said === 'error' ? await faultOfValue(db, base, sql, check.expression) : null
    const by = fault ? causeOfRaised(fault) : causeOf(domain, check, isTaken)
    if (!isTaken && domain.facts) addCast(domain.facts, sql, said === true ? null : by, ground)
    if (!isTaken) continue
    if (said !== true) {
      await addUntriggered(context, ground, {
        title: `${column} ${shortened(sql)} is refused${fault ? ' with an error' : ''}`,
        when: [rows.insert(table, { ...ground.base, [column]: sql })],
        then: { kind: 'rejected', by },
      })
      continue
    }
    const made = await makeRow(context, table, { pins: { [column]: sql }, family: 'a' })
    if ('unsolved' in made) continue
    await addUntriggered(context, ground, {
      title: `${column} ${shortened(sql)} is kept`,
      given: made.given,
      when: [
        `${rows.insert(table, made.row)} returning ${ident(column)}::text is not distinct from cast(${sql} as ${base})::text`,
      ],
      then: allTrue(),
    })
  }
  await addIndistinct(domain, check, context, ground)
  const tried = `${candidates.length} candidates`
  if (!values.some((v) => v.said === true))
    ground.draft.unsolved(`no value was found that satisfies ${shortened(check.expression)}`, tried)
  return values.some((v) => v.said !== true) ? [] : addUnbroken(domain, check, context, ground, tried)
}

/** Where the column refuses null as well, the domain is asked alone. */
const addBesideNotNull = (rule: DomainRule, context: RuleContext, ground: Ground): void => {
  const column = context.table.columns.find((c) => c.name === rule.column)
  const isRequired = ownOrInherited(context.catalog, rule.table, 'required', rule.column) !== null
  if (!isRequired || column?.typeKind !== 'domain') return
  ground.draft.add({
    title: `null is no value of ${rule.type}`,
    when: [`select cast(null as ${column.type})`],
    then: { kind: 'rejected', by: { sqlstate: '23502', dataType: bareName(rule, context) } },
  })
}

const checkText = ({ name, expression }: DomainCheck): string =>
  `${name === null ? '' : `constraint ${ident(name)} `}check (${expression})`

export const domain: RuleKind<DomainRule> = {
  kind: 'domain',
  designPlace: -90,
  sentence: (rule) => {
    const limits = rule.checks.map((c) => shortened(c.expression))
    return `${rule.column} is ${[`${rule.type}: ${rule.base}`, ...limits].join(', ')}${rule.required ? ', never missing' : ''}${rule.default === undefined ? '' : `, ${shortened(rule.default)} when it is left out`}`
  },
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    await loadParser()
    const { rows, table, db } = context
    const { column } = rule
    const notes: Note[] = []
    for (const asked of askedDomains(rule, context))
      for (const check of asked.checks) notes.push(...(await addCheckCases(asked, check, context, ground)))
    if (rule.required) {
      await addUntriggered(context, ground, {
        title: `a row without ${column} is refused`,
        when: [rows.insert(table, { ...ground.base, [column]: 'null' })],
        then: { kind: 'rejected', by: { sqlstate: '23502', dataType: bareName(rule, context) } },
      })
      addBesideNotNull(rule, context, ground)
    }
    await addDomainDefault(rule, context, ground)
    const understood = await understandType(db, rule.base)
    if (understood && 'brm'.includes(understood.class)) {
      const standing = await rowWithValue(column, context, ground.base)
      await addProbeCases({ column, type: rule.base, understood, ...standing }, context, ground)
    }
    const written = ground.draft.written()
    const id = userTypeId(context.catalog, table, column, 'domain')
    const same = id === null ? [] : await sameForNullValue(context, id)
    return {
      ...written,
      ...(notes.length > 0 ? { notes } : {}),
      ...(same.length > 0 ? { indistinct: [...(written.indistinct ?? []), ...same] } : {}),
    }
  },
  design: (rule) => {
    const parts = [
      `create domain ${rule.type} as ${rule.base}`,
      ...(rule.default === undefined ? [] : [`default ${rule.default}`]),
      ...(rule.required ? ['not null'] : []),
      ...rule.checks.map(checkText),
    ]
    return [
      `do $$ begin ${parts.join(' ')}; exception when duplicate_object then null; end $$;`,
      alterColumn(rule.table, rule.column, `type ${rule.type} using ${ident(rule.column)}::${rule.type}`),
    ]
  },
  claims: (rule, { catalog, table }) => {
    const id = userTypeId(catalog, table, rule.column, 'domain')
    return id === null ? [] : [id]
  },
}
