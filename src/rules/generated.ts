/** generated: the column is computed from the others, follows them when they change, and cannot be written. */
import type { GeneratedRule } from '../architecture/kinds/generated.ts'
import { valueMutants } from '../catalog/expression/expressions.ts'
import { generatedOf } from '../catalog/generated.ts'
import { referencesOf } from '../catalog/references.ts'
import { loadParser } from '../postgres/parse.ts'
import { ident, identList, literal, qualified } from '../postgres/quote.ts'
import type { Row } from '../rows/rows.ts'
import { alterTable } from './ddl.ts'
import { declaredType, rulesOf } from './declared.ts'
import { accepted, allTrue, standOnBaseRow, type Ground } from './draft.ts'
import { evaluateRows } from './evaluate.ts'
import { columnsIn } from './expression-columns.ts'
import { ownOrInherited } from './inherited.ts'
import { makeRow } from './make-row.ts'
import { strictnessUnseen } from './never-null-calls.ts'
import type { Indistinct, RuleContext, RuleKind } from './rule-kind.ts'
import { pictured, shortened } from './sentence.ts'
import { neverFails } from './generated/never-fails.ts'
import { sweep } from './generated/sweep.ts'
import { quieted } from './quiet.ts'
import { tryEach, tryOne } from './trial.ts'
import { addUntriggered } from './untriggered.ts'

/** Those that are true where it is, and null where it is: proven as CHECKs are. */
const sameAnswers = async (
  { expression }: GeneratedRule,
  { rows, table }: RuleContext,
  mutants: readonly string[],
): Promise<readonly string[]> => {
  if (mutants.length === 0) return []
  const truths = mutants.map((sql) => `(${sql}) is true`)
  const notFalse = await rows.distinguish(table, expression, mutants)
  const isTrue = await rows.distinguish(table, `(${expression}) is true`, truths)
  return mutants.filter((_sql, i) => notFalse.equivalent.includes(i) && isTrue.equivalent.includes(i))
}

/** Rows whose computed value tells the expression from each of its mutants. */
const tellingRows = async (
  rule: GeneratedRule,
  context: RuleContext,
  ground: Ground,
): Promise<readonly { readonly row: Row; readonly differs: readonly string[] }[]> => {
  const claimed = generatedOf(context.catalog, rule.table).find((s) => context.claims.includes(s.id))
  const texts = [rule.expression, ...(claimed ? [claimed.facts.expression] : [])]
  const mutants = [...new Set(texts.flatMap((text) => valueMutants(text).map((m) => m.sql)))]
  if (mutants.length === 0) return []
  // What the column's type makes of a value is what can be told apart; a row that it does not fit tells nothing.
  const type = context.table.columns.find((c) => c.name === rule.column)?.type ?? 'text'
  const stored = (sql: string): string => `cast((${sql}) as ${type})::text`
  const own = stored(rule.expression)
  const found = await context.rows.distinguish(
    context.table,
    // True of every row: what rejects none tells only by the mutants.
    `${own} is not distinct from ${own}`,
    mutants.map((sql) => `${own} is not distinct from ${stored(sql)}`),
  )
  const told = new Set([...found.rows.flatMap((r) => r.tells), ...found.stillborn, ...found.equivalent])
  const open = mutants.filter((_sql, i) => !told.has(i))
  const swept = await sweep(context.table, context.db, rule, open)
  const answers = type === 'boolean' ? await sameAnswers(rule, context, open) : []
  if (claimed)
    ground.draft.indistinct(claimed.id, [
      ...found.equivalent.map((i) => mutants[i]!),
      ...swept.same,
      ...answers,
    ])
  const rows = found.rows.filter((r) => r.tells.length > 0)
  for (const { column, value } of swept.told) {
    const solved = await context.rows.solve(context.table, { pins: { [column]: value } })
    if ('row' in solved) rows.push({ row: solved.row, differs: [column], accepted: true, tells: [] })
  }
  return rows
}

const isComputed = (rule: GeneratedRule, context: RuleContext): string => {
  const type = declaredType(context.architecture, rule.table, rule.column) ?? 'text'
  return `${ident(rule.column)}::text is not distinct from cast((${rule.expression}) as ${type})::text`
}

const addComputedCases = async (rule: GeneratedRule, context: RuleContext, ground: Ground): Promise<void> => {
  const { rows, table } = context
  const all = [
    { row: ground.base, differs: [] as readonly string[] },
    ...(await tellingRows(rule, context, ground)),
  ]
  const seen = new Set<string>()
  for (const { row, differs } of all) {
    const insert = rows.insert(table, row)
    if (seen.has(insert)) continue
    seen.add(insert)
    await addUntriggered(context, ground, {
      title:
        differs.length === 0
          ? `${rule.column} of a typical row is computed`
          : `${rule.column} of a row with ${pictured(row, differs)} is computed`,
      when: [`${insert} returning ${isComputed(rule, context)}`],
      then: allTrue(),
    })
  }
}

/** Where it is part of a foreign key: the key's other columns, which stay as they are. */
const besideInKeys = (rule: GeneratedRule, { catalog }: RuleContext, base: Row): Row =>
  Object.fromEntries(
    referencesOf(catalog, rule.table)
      .filter(({ facts }) => facts.columns.includes(rule.column))
      .flatMap(({ facts }) => facts.columns)
      .flatMap((name) => (base[name] === undefined || name === rule.column ? [] : [[name, base[name]]])),
  )

/** The columns that it is computed from change to those of a row with another value. */
const addFollowingCase = async (rule: GeneratedRule, context: RuleContext, ground: Ground): Promise<void> => {
  const { rows, table, db } = context
  const [values] = await evaluateRows(db, table, [ground.base], [rule.expression])
  const value = values?.[0]
  if (value === undefined) return
  const isOther = `(${rule.expression})::text is distinct from ${value === null ? 'null' : literal(value)}`
  const pins = besideInKeys(rule, context, ground.base)
  const other = await makeRow(context, table, { pins, family: 'a', where: [isOther] })
  const sources = await columnsIn(table, rule.expression)
  if ('unsolved' in other || sources.length === 0) return
  const changed = (names: readonly string[]): string =>
    `update ${qualified(table)} set ${names.map((c) => `${ident(c)} = ${other.row[c] ?? 'null'}`).join(', ')} where ${rows.where(table, ground.base)}`
  const given = [...other.given, rows.insert(table, ground.base)]
  // What a CHECK ties to them changes along: the month that a date lies in.
  const quiet = quieted(context, [table])
  const alone = await tryOne(db, ground.world, [...quiet, ...given, changed(sources)])
  const differing = table.columns
    .filter((c) => c.generated === null && c.identity !== 'always')
    .map((c) => c.name)
    .filter((c) => (other.row[c] ?? 'null') !== (ground.base[c] ?? 'null'))
  const all = alone?.sqlstate === '23514' ? [...new Set([...sources, ...differing])] : sources
  await addUntriggered(context, ground, {
    title: `${rule.column} follows ${pictured(other.row, sources)}`,
    given,
    when: [`${changed(all)} returning ${isComputed(rule, context)}`],
    then: allTrue(),
  })
}

/** An expression that may be null leaves the column empty, unless the column is required. */
const addNullCase = async (rule: GeneratedRule, context: RuleContext, ground: Ground): Promise<void> => {
  const { rows, table, architecture } = context
  const isRequired = rulesOf(architecture, rule.table, 'required').some((r) =>
    r.columns.includes(rule.column),
  )
  if (isRequired) return
  const where = [`(${rule.expression}) is null`]
  const made = await makeRow(context, table, { pins: {}, family: 'a', where })
  if ('unsolved' in made) return
  ground.draft.add({
    title: `a row whose ${rule.column} comes out as null is accepted`,
    given: made.given,
    when: [rows.insert(table, made.row)],
    then: accepted,
  })
}

/** Candidates per source column that are tried for a value that the expression fails on. */
const failingTries = 60

/** What cannot be computed is refused when the row is written, not found out when it is read. Whether such a row was found. */
const addFailingCase = async (
  rule: GeneratedRule,
  context: RuleContext,
  ground: Ground,
): Promise<boolean> => {
  const { rows, table, db } = context
  for (const column of await columnsIn(table, rule.expression)) {
    const found = (await rows.candidates(table, column, [rule.expression])).slice(0, failingTries)
    const tries = found.map((value) => ({ ...ground.base, [column]: value }))
    // The value itself must be one of the column's type: only the expression may fail on it.
    const [known, replies] = [
      await evaluateRows(db, table, tries, [ident(column)]),
      await tryEach(
        db,
        ground.world.statements,
        tries.map((row) => [rows.insert(table, row)]),
      ),
    ]
    const at = tries.findIndex(
      (_, i) => known[i]?.[0] != null && replies[i]!.fault?.sqlstate.startsWith('22'),
    )
    if (at < 0) continue
    ground.draft.add({
      title: `a row with ${pictured(tries[at]!, [column])} is refused: ${rule.column} cannot be computed`,
      when: [rows.insert(table, tries[at]!)],
      then: { kind: 'rejected', by: { sqlstate: replies[at]!.fault!.sqlstate } },
    })
    return true
  }
  return false
}

/** No row shows whether it is computed when it is written or when it is read: the catalog says so. */
const addStorageCase = (
  { facts: { column, storage } }: ReturnType<typeof generatedOf>[number],
  { table }: RuleContext,
  ground: Ground,
): void =>
  ground.draft.add({
    title:
      storage === 'stored'
        ? `${column} is computed when a row is written, and stored with it`
        : `${column} is computed whenever a row is read`,
    when: [
      `select attgenerated = ${storage === 'stored' ? "'s'" : "'v'"} from pg_catalog.pg_attribute ` +
        `where attrelid = ${literal(qualified(table))}::pg_catalog.regclass and attname = ${literal(column)}`,
    ],
    then: allTrue(),
  })

const addWriteCases = (rule: GeneratedRule, context: RuleContext, ground: Ground): void => {
  const { rows, table } = context
  const names = Object.keys(ground.base).filter(
    (c) => table.columns.find((t) => t.name === c)?.generated === null,
  )
  const values = names.map((c) => ground.base[c]!)
  const type = declaredType(context.architecture, rule.table, rule.column) ?? 'text'
  const then = { kind: 'rejected', by: { sqlstate: '428C9' } } as const
  ground.draft.add({
    title: `an insert that writes ${rule.column} is refused`,
    when: [
      `insert into ${qualified(table)} (${identList([...names, rule.column])}) overriding system value ` +
        `values (${[...values, `cast(null as ${type})`].join(', ')})`,
    ],
    then,
  })
  ground.draft.add({
    title: `an update that writes ${rule.column} is refused`,
    given: [rows.insert(table, ground.base)],
    when: [
      `update ${qualified(table)} set ${ident(rule.column)} = ${ident(rule.column)} where ${rows.where(table, ground.base)}`,
    ],
    then,
  })
}

/** Stored or virtual: nobody can tell where it never fails. */
const storageUnseen = async (
  claimed: ReturnType<typeof generatedOf>[number],
  { db, table, catalog }: RuleContext,
): Promise<readonly Indistinct[]> => {
  const column = table.columns.find(({ name }) => name === claimed.facts.column)
  if (catalog.major < 18 || !column || !(await neverFails(db, column, table.columns))) return []
  const other = claimed.facts.storage === 'stored' ? 'virtual' : 'stored'
  const why = 'its expression gives the same value whenever it is computed, and never fails'
  return [{ structure: claimed.id, mutant: `${claimed.id}~storage-exchanged:${other}`, why }]
}

export const generated: RuleKind<GeneratedRule> = {
  kind: 'generated',
  designPlace: -40,
  sentence: (rule) => `${rule.column} is always ${shortened(rule.expression)} and cannot be written`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    await loadParser()
    await addComputedCases(rule, context, ground)
    await addFollowingCase(rule, context, ground)
    await addNullCase(rule, context, ground)
    const mayFail = await addFailingCase(rule, context, ground)
    addWriteCases(rule, context, ground)
    const claimed = generatedOf(context.catalog, rule.table).find((s) => context.claims.includes(s.id))
    const unseen = claimed ? await storageUnseen(claimed, context) : []
    if (claimed && context.catalog.major >= 18 && !mayFail && unseen.length === 0)
      addStorageCase(claimed, context, ground)
    const written = ground.draft.written()
    const same = claimed ? [...strictnessUnseen(claimed, context.catalog), ...unseen] : []
    return same.length === 0 ? written : { ...written, indistinct: [...(written.indistinct ?? []), ...same] }
  },
  // A plain column cannot become a generated one: it is made again.
  design: (rule, architecture) => {
    const column = ident(rule.column)
    const type = declaredType(architecture, rule.table, rule.column) ?? 'text'
    return [
      alterTable(rule.table, `drop column if exists ${column}`),
      alterTable(rule.table, `add column ${column} ${type} generated always as (${rule.expression}) stored`),
    ]
  },
  claims: (rule, { catalog }) => {
    const id = ownOrInherited(catalog, rule.table, 'generated', rule.column)
    return id === null ? [] : [id]
  },
}
