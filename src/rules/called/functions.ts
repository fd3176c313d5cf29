/**
 * The functions that a CHECK calls are part of what it refuses: rows are looked for that tell each from its mutants,
 * by asking the CHECK under each mutant of candidate values, which speak of the constants of the bodies too.
 */
import type { CheckFacts } from '../../catalog/check.ts'
import { kindOfStructure } from '../../catalog/kind-of.ts'
import type { Catalog, Mutant, Structure } from '../../catalog/structure.ts'
import type { Table } from '../../catalog/table.ts'
import { parseExpression } from '../../postgres/parse.ts'
import { ident, literal } from '../../postgres/quote.ts'
import type { Row } from '../../rows/rows.ts'
import { columnOf, constantOf, nameList, underCasts, walk } from '../../rows/tree.ts'
import type { Indistinct, RuleContext } from '../rule-kind.ts'
import { tryEach } from '../trial.ts'

type Check = Structure<CheckFacts>

/** Values of a column that are looked at, and rows that are chosen for one function. */
const mostValues = 320
const mostRows = 24

/** Those whose mutants this CHECK shows: of several CHECKs that call one the first in the catalog, whatever is proven. */
const functionsShownBy = (catalog: Catalog, check: Check): readonly Structure[] =>
  check.dependsOn.flatMap((id) => {
    const found = catalog.structures.get(id)
    if (found?.kind !== 'function') return []
    const [first] = catalog.dependents(id).filter((s) => s.kind === 'check')
    return first?.id === check.id ? [found] : []
  })

const isBroken = (mutant: Mutant): boolean =>
  mutant.equivalent === undefined && (mutant.alsoRemoves ?? []).length === 0 && mutant.effect !== 'removed'

/** `t` or `f` of each row, as CHECK has it: unknown counts as true, and what throws is refused. */
type Verdicts = readonly string[]

const rowsAsked = (table: Table, { facts }: Check, rows: readonly Row[]): string => {
  const columns = table.columns.filter((c) => facts.columns.includes(c.name))
  const arms = rows.map((row, i) => {
    const values = columns.map((c) => `cast(${row[c.name] ?? 'null'} as ${c.type}) as ${ident(c.name)}`)
    return `select ${i} as "assay row", ${values.join(', ')}`
  })
  return `(${arms.join('\nunion all ')}\noffset 0) as ${ident(table.name)}`
}

const judged = ({ facts }: Check): string => `left(((${facts.expression}\n) is not false)::text, 1)`

/** All rows at once: where one throws, nothing is told of the others. */
const question = (table: Table, check: Check, rows: readonly Row[]): string =>
  `select "assay row", ${judged(check)} from ${rowsAsked(table, check, rows)} order by 1`

const thrown = '!'
const setting = 'assay.judged'

/** Row by row in one statement, a letter each. */
const questionsApart = (table: Table, check: Check, rows: readonly Row[]): readonly string[] => {
  const each = rows.map((row) => literal(`select ${judged(check)} from ${rowsAsked(table, check, [row])}`))
  const body = `
    declare question text; letter text; said text := '';
    begin
      foreach question in array array[${each.join(', ')}]::text[] loop
        begin
          execute question into letter;
        exception when others then
          letter := '${thrown}';
        end;
        said := said || coalesce(letter, 't');
      end loop;
      perform pg_catalog.set_config('${setting}', said, true);
    end`
  return [`do language plpgsql ${literal(body)}`, `select pg_catalog.current_setting('${setting}')`]
}

/** A mutant of a loop may never end; the rows as a whole take milliseconds. */
const patience = '2s'
const cancelled = '57014'

/** Under each of the mutants; where a row throws, row by row. Null: nothing can be told. */
const judgeUnder = async (
  { db, table }: RuleContext,
  check: Check,
  rows: readonly Row[],
  mutants: readonly (Mutant | null)[],
): Promise<readonly (Verdicts | null)[]> => {
  const made = (mutant: Mutant | null): readonly string[] =>
    mutant === null
      ? []
      : [
          `set local role ${ident(table.owner)}`,
          ...mutant.ddl,
          'set local role none',
          `set local statement_timeout = ${literal(patience)}`,
        ]
  const whole = await tryEach(
    db,
    [],
    mutants.map((mutant) => [...made(mutant), question(table, check, rows)]),
  )
  // Row by row what does not end would not, either.
  const isThrown = (at: number): boolean => (whole[at]!.fault?.sqlstate ?? cancelled) !== cancelled
  const throwing = [...mutants.keys()].filter(isThrown)
  const apart = await tryEach(
    db,
    [],
    throwing.map((at) => [...made(mutants[at]!), ...questionsApart(table, check, rows)]),
  )
  return whole.map(({ fault, commands }, at) => {
    if (!fault) return (commands.at(-2)?.rows ?? []).map((row) => row[1] ?? 't')
    const reply = isThrown(at) ? apart[throwing.indexOf(at)]! : null
    // DDL that PostgreSQL refuses, or a row that does not end.
    if (reply === null || reply.fault) return null
    const letters = Array.from(reply.commands.at(-2)?.rows[0]?.[0] ?? '')
    return letters.every((one) => one === thrown) ? null : letters.map((one) => (one === thrown ? 'f' : one))
  })
}

/** Texts as people mistype them: what a function takes apart, its mutants take apart otherwise. */
const mistyped = (sql: string): readonly string[] =>
  sql === 'null'
    ? []
    : [
        `upper(${sql})`,
        `lower(${sql})`,
        `${sql} || '0'`,
        `left(${sql}, -1)`,
        `reverse(${sql})`,
        `${sql} || ${sql}`,
      ]

/** What functions over texts take apart: digits, words, marks. */
const twoDigits = Array.from({ length: 100 }, (_, i) => String(i).padStart(2, '0'))
const words = '79927398713 4111111111111111 123 0 a Ab a-b A1 a@b a@b.cc a.b a_b #'.split(' ')
const pool: readonly string[] = [...twoDigits, ...words, 'a b'].map(literal)

const candidates = async (
  { rows, table }: RuleContext,
  { facts }: Check,
  base: Row,
): Promise<readonly Row[]> => {
  const all: Row[] = [base]
  for (const name of facts.columns) {
    const column = table.columns.find((c) => c.name === name)
    if (!column || column.generated !== null) continue
    const values = await rows.candidates(table, name, [facts.expression])
    const isText = /^(?:text|citext|character)/u.test(column.baseType)
    const [own = 'null'] = [base[name], ...values]
    const more = isText ? [own, ...values.slice(0, 6)].flatMap(mistyped) : []
    const picked = [...new Set([...values, 'null', ...more, ...(isText ? pool : [])])].slice(0, mostValues)
    all.push(...picked.map((value) => ({ ...base, [name]: value })))
  }
  return all
}

export interface TellingRow {
  readonly row: Row
  readonly differs: readonly string[]
  readonly accepted: boolean
}

/** `known`: rows of cases that stand already. Rows for the mutants that these do not tell. */
export const rowsOfFunctions = async (
  context: RuleContext,
  check: Check,
  base: Row,
  known: readonly Row[],
): Promise<readonly TellingRow[]> => {
  const { catalog, table } = context
  const mutants = functionsShownBy(catalog, check).flatMap((fn) =>
    kindOfStructure(fn).mutants(fn, catalog).filter(isBroken),
  )
  if (mutants.length === 0) return []
  if (check.facts.columns.some((name) => table.columns.find((c) => c.name === name)?.generated != null))
    return []
  const wanted = [...known, ...(await candidates(context, check, base))]
  const [first] = await judgeUnder(context, check, wanted, [null])
  if (!first) return []
  const own = first.map((letter) => letter === 't')
  const judged = await judgeUnder(context, check, wanted, mutants)
  const tells = wanted.map((_row, at) =>
    judged.flatMap((verdicts, m) => (verdicts && (verdicts[at] === 't') !== own[at] ? [m] : [])),
  )
  const open = new Set(tells.slice(known.length).flat())
  for (const m of tells.slice(0, known.length).flat()) open.delete(m)
  const chosen: TellingRow[] = []
  while (open.size > 0 && chosen.length < mostRows) {
    const gain = (at: number): number => tells[at]!.filter((m) => open.has(m)).length
    let best = known.length
    for (let at = known.length; at < wanted.length; at++) if (gain(at) > gain(best)) best = at
    for (const m of tells[best]!) open.delete(m)
    const row = wanted[best]!
    const differs = check.facts.columns.filter((name) => row[name] !== base[name])
    chosen.push({ row, differs, accepted: own[best]! })
  }
  return chosen
}

const calls = (node: unknown, fn: Structure, into: unknown[][]): void => {
  walk(node, (kind, body) => {
    const [name, schema] = nameList(body['funcname']).toReversed()
    const facts = fn.facts as { readonly schema: string; readonly name: string }
    if (kind !== 'FuncCall' || name !== facts.name || (schema ?? 'pg_catalog') !== facts.schema) return
    into.push([...((body['args'] as readonly unknown[] | undefined) ?? [])])
  })
}

/** It calls the function, and with nothing but columns and constants. */
export const callsPlainly = (expression: string, fn: Structure): boolean => {
  const found: unknown[][] = []
  calls(parseExpression(expression), fn, found)
  const isPlain = (arg: unknown): boolean => columnOf(underCasts(arg)) !== null || constantOf(arg) !== null
  return found.length > 0 && found.flat().every(isPlain)
}

const asksPlainly = ({ facts }: Check, fn: Structure): boolean =>
  facts.columns.length === 1 && callsPlainly(facts.expression, fn)

/**
 * A function that is STRICT or not differs for null alone, and CHECK takes unknown as true: where every CHECK that
 * calls it answers alike for a row without the value, nothing tells the two apart.
 */
export const sameForNull = async (context: RuleContext, check: Check): Promise<readonly Indistinct[]> => {
  const { catalog } = context
  const found: Indistinct[] = []
  for (const fn of functionsShownBy(catalog, check)) {
    const users = catalog.dependents(fn.id)
    if (!users.every((user): user is Check => user.kind === 'check' && asksPlainly(user as Check, fn)))
      continue
    const mutants = kindOfStructure(fn)
      .mutants(fn, catalog)
      .filter((m) => /~(?:strict|called-on-null)$/u.test(m.id))
    for (const mutant of mutants) {
      let isSame = true
      for (const user of users) {
        const table = catalog.tables.get(user.table ?? '')
        if (!table) continue
        const [before, after] = await judgeUnder({ ...context, table }, user, [{}], [null, mutant])
        isSame &&= before?.[0] !== undefined && before[0] === after?.[0]
      }
      const why =
        'it differs for null alone, and the CHECKs that call it take a row without the value either way'
      if (isSame) found.push({ structure: fn.id, mutant: mutant.id, why })
    }
  }
  return found
}
