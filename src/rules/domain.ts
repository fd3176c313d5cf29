/** domain: the column takes exactly the values of a domain: its base type within the domain's CHECKs. */
import type { DomainRule } from '../architecture/kinds/domain.ts'
import type { DomainFacts } from '../catalog/domain.ts'
import { expressionMutants } from '../catalog/expression/expressions.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident } from '../postgres/quote.ts'
import { saidOfColumn } from '../rows/domain-value.ts'
import { alterColumn } from './ddl.ts'
import { addDomainDefault } from './domain/default.ts'
import { tellingValues } from './domain/values.ts'
import { allTrue, standOnBaseRow, type Ground } from './draft.ts'
import type { Cause, Note } from './experiment.ts'
import { idleCase } from './idle-check.ts'
import { ownOrInherited } from './inherited.ts'
import { makeRow } from './make-row.ts'
import type { RuleContext, RuleKind } from './rule-kind.ts'
import { shortened } from './sentence.ts'
import { addProbeCases, rowWithValue } from './type-cases.ts'
import { understandType } from './type-oracle.ts'
import { userTypeId } from './user-types.ts'
import { addUntriggered } from './untriggered.ts'

type DomainCheck = DomainRule['checks'][number]

/** The type's own name as PostgreSQL reports it: without its schema. */
const bareName = (rule: DomainRule, context: RuleContext): string =>
  context.table.columns.find((c) => c.name === rule.column)?.typeName ?? rule.type

/** A constraint that the declaration leaves nameless is known by its domain alone. */
const causeOf = (rule: DomainRule, check: DomainCheck, context: RuleContext): Cause => ({
  sqlstate: '23514',
  dataType: bareName(rule, context),
  ...(check.name === null ? {} : { constraint: check.name }),
})

interface OwnCheck {
  /** Of the domain's structure. */
  readonly id: string | null
  readonly facts?: DomainFacts
  readonly own?: DomainFacts['checks'][number]
}

/** The domain's own CHECK that is declared: by its name, by its words, or since there is no other. */
const ownCheck = (rule: DomainRule, check: DomainCheck, { catalog, table }: RuleContext): OwnCheck => {
  const id = userTypeId(catalog, table, rule.column, 'domain')
  const facts = id === null ? undefined : (catalog.structures.get(id)?.facts as DomainFacts | undefined)
  if (facts === undefined) return { id }
  const [only, ...more] = facts.checks
  const own =
    check.name === null && more.length === 0 ? only : facts.checks.find((c) => c.name === check.name)
  return { id, facts, ...(own ? { own } : {}) }
}

/** That no value breaks it: why, where that is proven. */
const addUnbroken = async (
  rule: DomainRule,
  check: DomainCheck,
  context: RuleContext,
  { draft }: Ground,
  tried: string,
): Promise<readonly Note[]> => {
  const { id, facts, own } = ownCheck(rule, check, context)
  const asked = id && facts && own ? { of: id, on: facts, isDomain: true, name: own.name } : null
  const idle = asked ? await idleCase(rule.id, context, asked) : null
  if (idle) draft.add({ ...idle.case, title: `${shortened(check.expression)}: ${idle.case.title}` })
  else draft.unsolved(`no value was found that breaks ${shortened(check.expression)}`, tried)
  return idle ? [idle.note] : []
}

/** Broken CHECKs that agree with the domain's own on every value: said of the column, they can be proven. */
const addIndistinct = async (
  rule: DomainRule,
  check: DomainCheck,
  context: RuleContext,
  { draft }: Ground,
): Promise<void> => {
  const { id, own } = ownCheck(rule, check, context)
  const written = own?.expression ?? check.expression
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

const addCheckCases = async (
  rule: DomainRule,
  check: DomainCheck,
  context: RuleContext,
  ground: Ground,
): Promise<readonly Note[]> => {
  const { rows, table, db } = context
  const { column } = rule
  const others = rule.checks.filter((c) => c !== check).map((c) => c.expression)
  const candidates = await rows.candidates(table, column, [check.expression, ...others])
  const values = await tellingValues(db, rule.base, check.expression, candidates, others)
  for (const { sql, accepted: isAccepted } of values) {
    if (!isAccepted) {
      await addUntriggered(context, ground, {
        title: `${column} ${shortened(sql)} is refused`,
        when: [rows.insert(table, { ...ground.base, [column]: sql })],
        then: { kind: 'rejected', by: causeOf(rule, check, context) },
      })
      continue
    }
    const made = await makeRow(context, table, { pins: { [column]: sql }, family: 'a' })
    if ('unsolved' in made) continue
    await addUntriggered(context, ground, {
      title: `${column} ${shortened(sql)} is kept`,
      given: made.given,
      when: [
        `${rows.insert(table, made.row)} returning ${ident(column)}::text is not distinct from cast(${sql} as ${rule.base})::text`,
      ],
      then: allTrue(),
    })
  }
  await addIndistinct(rule, check, context, ground)
  const tried = `${candidates.length} candidates`
  if (!values.some((v) => v.accepted))
    ground.draft.unsolved(`no value was found that satisfies ${shortened(check.expression)}`, tried)
  return values.some((v) => !v.accepted) ? [] : addUnbroken(rule, check, context, ground, tried)
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
    for (const check of rule.checks) notes.push(...(await addCheckCases(rule, check, context, ground)))
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
    return { ...ground.draft.written(), ...(notes.length > 0 ? { notes } : {}) }
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
