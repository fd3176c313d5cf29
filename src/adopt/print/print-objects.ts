/** What belongs to no table, as the `objects` of an architecture: sequences, types, extensions, and what is granted and said. */
import type { CommentFacts } from '../../catalog/comment.ts'
import type { CompositeFacts } from '../../catalog/composite.ts'
import type { GrantFacts } from '../../catalog/grant.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { RewriteRuleFacts } from '../../catalog/rewrite-rule.ts'
import type { SequenceFacts } from '../../catalog/sequence.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import type { DomainFacts } from '../../catalog/domain.ts'
import type { TriggerFacts } from '../../catalog/trigger/statement.ts'
import type { RelationName } from '../../ground/names.ts'
import { ident } from '../../postgres/quote.ts'
import type { ObservedFunction } from '../calls/observed-function.ts'
import { array, atom, call, entry, object, type Code, type Entry } from './code.ts'
import { key, sql, templateText, text } from './literals.ts'
import { neverRun } from './never-run.ts'
import { isPlainGrant } from './kinds/visible-to.ts'
import { functionName, observedEntries } from './print-functions.ts'
import { tableName, typeName } from './relation-code.ts'
import type { Unkept } from './unkept.ts'
import { typeCode } from './user-types.ts'

export interface PrintedObject {
  readonly code: Code
  /** From 'assay'. */
  readonly imports: readonly string[]
  /** Structure ids. */
  readonly claims: readonly string[]
}

interface Access {
  readonly entries: readonly Entry[]
  readonly claims: readonly string[]
}

const privilege = (p: Pick<GrantFacts['privileges'][number], 'privilege' | 'grantable'>): string =>
  p.grantable ? `${p.privilege} with grant option` : p.privilege

/** Prettier leaves a template literal where it stands, however long it is. */
const said = (comment: string): Code =>
  comment.length < 60 ? text(comment) : atom(`\`${templateText(comment)}\``)

/** What nobody else states of the object's comment and grants. */
const accessOf = (id: string, catalog: Catalog, isClaimed: (id: string) => boolean): Access => {
  const own = [...catalog.structures.values()].filter(
    (s) => s.table === null && s.id.startsWith(`${id}/`) && !isClaimed(s.id),
  )
  const comments = own.filter((s): s is Structure<CommentFacts> => s.id === `${id}/comment`)
  const grants = own.filter(
    (s): s is Structure<GrantFacts> =>
      s.kind === 'grant' && (s as Structure<GrantFacts>).facts.object.id === id,
  )
  // Who may use it beside PUBLIC is said together with what PUBLIC may.
  const ofPublic = [...catalog.structures.values()].filter(
    (s): s is Structure<GrantFacts> =>
      s.id === `${id}/grant:PUBLIC` &&
      s.kind === 'grant' &&
      grants.length > 0 &&
      !grants.some((g) => g.id === s.id),
  )
  const all = [...grants, ...ofPublic]
  return {
    entries: [
      ...comments.map((s) => entry('says', said(s.facts.text))),
      ...(all.length === 0
        ? []
        : [
            entry(
              'usableBy',
              object(
                all.map(({ facts }) => {
                  const named = facts.privileges.map(privilege)
                  return entry(
                    key(facts.grantee ?? 'public'),
                    named.length === 1 ? text(named[0]!) : array(named.map(text)),
                  )
                }),
              ),
            ),
          ]),
    ],
    claims: [...comments, ...all].map((s) => s.id),
  }
}

const options = (entries: readonly Entry[]): readonly Code[] =>
  entries.length === 0 ? [] : [object(entries)]

const sequenceEntries = (facts: SequenceFacts): readonly Entry[] => {
  const rises = !facts.increment.startsWith('-')
  const greatest: Readonly<Record<string, string>> = {
    smallint: '32767',
    integer: '2147483647',
    bigint: '9223372036854775807',
  }
  const least: Readonly<Record<string, string>> = {
    smallint: '-32768',
    integer: '-2147483648',
    bigint: '-9223372036854775808',
  }
  const whole = (value: string): Code => (Number.isSafeInteger(Number(value)) ? atom(value) : text(value))
  const minimum = rises ? '1' : least[facts.type]
  const maximum = rises ? greatest[facts.type] : '-1'
  const start = rises ? facts.minimum : facts.maximum
  return [
    ...(facts.type === 'bigint' ? [] : [entry('type', text(facts.type))]),
    ...(facts.start === start ? [] : [entry('start', whole(facts.start))]),
    ...(facts.increment === '1' ? [] : [entry('increment', whole(facts.increment))]),
    ...(facts.minimum === minimum ? [] : [entry('minimum', whole(facts.minimum))]),
    ...(facts.maximum === maximum ? [] : [entry('maximum', whole(facts.maximum))]),
    ...(facts.cache === '1' ? [] : [entry('cache', whole(facts.cache))]),
    ...(facts.cycle ? [entry('cycle', atom('true'))] : []),
  ]
}

const isPlain = ({ schema, name }: RelationName): boolean =>
  [schema, name].every((part) => /^[a-z_][a-z0-9_]*$/u.test(part))

/** One printer per kind that a function of its own declares; null where it cannot be stated so. */
const callOf = (
  structure: Structure,
): {
  readonly callee: string
  readonly args: readonly Code[]
  readonly entries: readonly Entry[]
  readonly imports?: readonly string[]
} | null => {
  const named = structure.facts as RelationName
  switch (structure.kind) {
    case 'sequence':
      return {
        callee: 'sequence',
        args: [tableName(named)],
        entries: sequenceEntries(structure.facts as SequenceFacts),
      }
    case 'composite': {
      const { attributes } = structure.facts as CompositeFacts
      const list = object(
        attributes.map((a) =>
          entry(key(a.name), text(a.collation === null ? a.type : `${a.type} collate ${a.collation}`)),
        ),
      )
      return { callee: 'compositeType', args: [typeName(named, isPlain(named)), list], entries: [] }
    }
    case 'enum': {
      const { labels } = structure.facts as { readonly labels: readonly string[] }
      return {
        callee: 'enumType',
        args: [typeName(named, isPlain(named)), array(labels.map(text))],
        entries: [],
      }
    }
    case 'domain': {
      const { base, checks, notNull, default: given } = structure.facts as DomainFacts
      const [first, ...more] = checks
      const conditions =
        first === undefined
          ? null
          : more.length === 0 && first.name === `${named.name}_check`
            ? sql(first.expression)
            : object(checks.map((check) => entry(key(check.name), sql(check.expression))))
      return {
        callee: 'domainType',
        args: [typeName(named, isPlain(named)), typeCode(base).code],
        entries: [
          ...(conditions === null ? [] : [entry('checks', conditions)]),
          ...(notNull ? [entry('required', atom('true'))] : []),
          ...(given === null ? [] : [entry('default', sql(given))]),
        ],
        imports: typeCode(base).imports,
      }
    }
    case 'range': {
      const { subtype } = structure.facts as { readonly subtype: string }
      return { callee: 'rangeType', args: [typeName(named, isPlain(named)), text(subtype)], entries: [] }
    }
    case 'extension':
      return { callee: 'extension', args: [text(structure.name)], entries: [] }
    default:
      return null
  }
}

const printOne = (
  structure: Structure,
  catalog: Catalog,
  isClaimed: (id: string) => boolean,
): PrintedObject | null => {
  const found = callOf(structure)
  if (found) {
    const access =
      structure.kind === 'extension'
        ? { entries: [], claims: [] }
        : accessOf(structure.id, catalog, isClaimed)
    return {
      code: call(found.callee, ...found.args, ...options([...found.entries, ...access.entries])),
      imports: [found.callee, ...(found.imports ?? [])],
      claims: [structure.id, ...access.claims],
    }
  }
  const kind = kindOfStructure(structure)
  if (kind.notMutated === undefined) return null
  const design = kind.create(structure, catalog)
  return {
    code: call(
      'infrastructure',
      text(structure.id),
      design.length === 1 ? sql(design[0]!) : array(design.map((one) => sql(one))),
    ),
    imports: ['infrastructure'],
    claims: [structure.id],
  }
}

/** Of a sequence or type that a column states. */
const printCarried = (
  id: string,
  entries: readonly Entry[],
  claims: readonly string[],
  catalog: Catalog,
): readonly PrintedObject[] => {
  const word = /^(?:type\/)?(?<word>sequence|enum|domain|composite|range):/u.exec(id)?.groups?.['word']
  const grant = catalog.structures.get(claims.find((claim) => claim.startsWith(`${id}/grant:`)) ?? '')
  const named =
    (grant as Structure<GrantFacts> | undefined)?.facts.object ?? catalog.structures.get(id)?.facts
  if (word === undefined || named === undefined || entries.length === 0) return []
  const code = call('access', text(word), tableName(named as RelationName), object(entries))
  return [{ code, imports: ['access'], claims }]
}

/** Rights on tables and views that visibleTo cannot say, or of which it would ask too much. */
const printRelationAccess = (
  catalog: Catalog,
  isClaimed: (id: string) => boolean,
  unkept: Unkept,
): readonly PrintedObject[] => {
  const words = ['table', 'view', 'materializedView'] as const
  const grants = [...catalog.structures.values()]
    .filter((s): s is Structure<GrantFacts> => s.kind === 'grant' && !isClaimed(s.id))
    .filter(({ facts }) => words.some((word) => word === facts.object.kind))
    .filter(({ id, facts }) => !isPlainGrant(facts) || unkept.grants.has(id))
  return [...new Set(grants.map(({ facts }) => facts.object.id))].flatMap((id): PrintedObject[] => {
    const own = grants.filter(({ facts }) => facts.object.id === id)
    const [first] = own
    if (first === undefined) return []
    const usableBy = own.map(({ facts }) => {
      const named = facts.privileges.flatMap((p) =>
        p.columns === null
          ? [privilege(p)]
          : p.columns.map((column) => privilege({ ...p, privilege: `${p.privilege} (${ident(column)})` })),
      )
      return entry(
        key(facts.grantee ?? 'public'),
        named.length === 1 ? text(named[0]!) : array(named.map(text)),
      )
    })
    const { object: of } = first.facts
    const code = call('access', text(of.kind), tableName(of), object([entry('usableBy', object(usableBy))]))
    return [{ code, imports: ['access'], claims: own.map((grant) => grant.id) }]
  })
}

/** What acts on no row, word for word: comments that nothing else states, constraints that are not enforced, disabled triggers and rules. */
const printWordForWord = (catalog: Catalog, isClaimed: (id: string) => boolean): readonly PrintedObject[] =>
  [...catalog.structures.values()].flatMap((structure): PrintedObject[] => {
    const { id, kind, name, table, definition } = structure
    if (isClaimed(id)) return []
    if (kind === 'comment' && table === null) {
      const { called, text: words } = structure.facts as CommentFacts
      return [
        { code: call('comment', text(id), text(called), said(words)), imports: ['comment'], claims: [id] },
      ]
    }
    const of = catalog.tables.get(table ?? '')
    if (of !== undefined && kind === 'trigger') {
      const { enabled, statement } = structure.facts as TriggerFacts
      if (enabled !== 'D') return []
      const code = call('disabledTrigger', text(id), tableName(of), text(name), sql(statement))
      return [{ code, imports: ['disabledTrigger'], claims: [id] }]
    }
    if (of !== undefined && kind === 'rule') {
      const facts = structure.facts as RewriteRuleFacts
      if (facts.enabled !== 'D') return []
      const code = call('disabledRule', text(id), tableName(of), text(name), sql(facts.definition))
      return [{ code, imports: ['disabledRule'], claims: [id] }]
    }
    if (of === undefined || (structure.facts as { readonly notEnforced?: boolean }).notEnforced !== true)
      return []
    const code = call('notEnforced', text(id), tableName(of), text(name), text(definition))
    return [{ code, imports: ['notEnforced'], claims: [id] }]
  })

/** Observed calls of functions, and the text of those that nothing runs; comments and grants on functions and schemas, whatever becomes of these themselves. */
const printAccess = (
  catalog: Catalog,
  isClaimed: (id: string) => boolean,
  functions: readonly ObservedFunction[],
): readonly PrintedObject[] => {
  const written = new Map(
    neverRun(catalog)
      .filter(({ id }) => !isClaimed(id))
      .map(({ id, facts }) => [id, entry('definition', sql(facts.statement.trim()))] as const),
  )
  const carriers = new Set([
    ...written.keys(),
    ...functions.filter((one) => one.entries.length > 0).map((one) => one.structure),
    ...[...catalog.structures.values()]
      .filter((s) => s.table === null && (s.kind === 'grant' || s.kind === 'comment') && !isClaimed(s.id))
      .map((s) => s.id.replace(/\/(?:grant:.*|comment)$/su, '')),
  ])
  return [...carriers].flatMap((id): PrintedObject[] => {
    const { entries, claims } = accessOf(id, catalog, isClaimed)
    const structure = catalog.structures.get(id)
    if (id.startsWith('schema:') && entries.length > 0) {
      const name = id
        .slice('schema:'.length)
        .replace(/^"(.*)"$/su, (_, inner: string) => inner.replaceAll('""', '"'))
      return [{ code: call('schema', text(name), object(entries)), imports: ['schema'], claims }]
    }
    if (structure?.kind !== 'function') return [...printCarried(id, entries, claims, catalog)]
    const definition = written.get(id)
    const seen = [
      ...(definition ? [definition] : []),
      ...observedEntries(functions.find((one) => one.structure === id)),
    ]
    if (entries.length === 0 && seen.length === 0) return []
    return [
      {
        code: call('fn', functionName(structure), object([...seen, ...entries])),
        imports: ['fn'],
        claims: [...(seen.length === 0 ? [] : [id]), ...claims],
      },
    ]
  })
}

/** A default that draws from it says nothing of how it counts. */
const countsByItself = ({ kind }: Structure): boolean => kind === 'sequence'

interface ObjectOptions {
  readonly functions?: readonly ObservedFunction[]
  readonly unkept: Unkept
}

/** `isClaimed`: whether another declaration states the structure already. In the order of the catalog. */
export const printObjects = (
  catalog: Catalog,
  isClaimed: (id: string) => boolean,
  { functions = [], unkept }: ObjectOptions,
): readonly PrintedObject[] => {
  const objects = [...catalog.structures.values()]
    .filter((structure) => countsByItself(structure) || !isClaimed(structure.id))
    .flatMap((structure) => printOne(structure, catalog, isClaimed) ?? [])
  const claimed = new Set(objects.flatMap((one) => one.claims))
  const carried = printAccess(catalog, (id) => claimed.has(id) || isClaimed(id), functions)
  for (const id of carried.flatMap((one) => one.claims)) claimed.add(id)
  const isStated = (id: string): boolean => claimed.has(id) || isClaimed(id)
  return [
    ...objects,
    ...carried,
    ...printRelationAccess(catalog, isStated, unkept),
    ...printWordForWord(catalog, isStated),
  ]
}
