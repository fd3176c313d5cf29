/**
 * Confirms drafted rows by real inserts: what PostgreSQL stored is read back; what it refuses (a unique key, a
 * trigger, an exclusion) is tried with other values, many in one write.
 */
import type { PgFault } from '../postgres/fault.ts'
import type { Reply } from '../postgres/session.ts'
import { ident, literal, qualified } from '../postgres/quote.ts'
import { alternatives, barest, changes, freshFirst, sharedValues, suspects } from './alternatives.ts'
import type { Draft } from './draft.ts'
import type { TableFacts } from './facts.ts'
import { judgedType } from './frame.ts'
import { insertRows, whereRow } from './insert.ts'
import type { RowGround } from './row-ground.ts'
import type { Row } from './rows.ts'
import { tryOnTop } from './savepoint.ts'
import { turnedRows } from './turned-rows.ts'

interface Confirmed {
  readonly row: Row
  /** What PostgreSQL stored, as expressions that give it again. */
  readonly stored: Row
}

export interface Refused {
  readonly refused: string
  /** null: a trigger left the row out without a word. */
  readonly fault: PgFault | null
}

export type Outcome = Confirmed | Refused

/** insert … returning, for each given column, its text and whether it is what was given. */
const insertReturning = (facts: TableFacts, row: Row): string => {
  const given = facts.table.columns.filter((c) => row[c.name] !== undefined)
  const computed = facts.table.columns.filter((c) => c.generated !== null)
  if (given.length + computed.length === 0) return insertRows(facts.table, [row])
  const parts = given.map((c) => {
    const sql = row[c.name]!
    const same =
      sql === 'default'
        ? 'true'
        : `${ident(c.name)}::text is not distinct from cast(cast((${sql}) as ${judgedType(c)}) as ${c.type})::text`
    return `${ident(c.name)}::text, ${same}`
  })
  parts.push(...computed.map((c) => `${ident(c.name)}::text, true`))
  return `${insertRows(facts.table, [row])} returning ${parts.join(', ')}`
}

const settled = 'set constraints all immediate'

const refusal = (reply: Reply | undefined): string | null => {
  if (!reply) return 'no answer'
  if (reply.fault) return `${reply.fault.message} (SQLSTATE ${reply.fault.sqlstate})`
  const insert = reply.commands.find((c) => c.tag.startsWith('INSERT'))
  return insert?.tag === 'INSERT 0 0' ? 'a trigger leaves the row out without a word' : null
}

/** Values that a trigger has replaced are taken as stored: written out where they are the same each time, else asked for. */
const storedRow = (facts: TableFacts, row: Row, first: Reply, second: Reply | undefined): Row => {
  const given = facts.table.columns.filter((c) => row[c.name] !== undefined)
  const texts = first.commands.find((c) => c.tag.startsWith('INSERT'))?.rows[0] ?? []
  const again = second?.commands.find((c) => c.tag.startsWith('INSERT'))?.rows[0]
  const rewritten = given.filter((_c, i) => texts[2 * i + 1] === 'f')
  const computed = facts.table.columns
    .filter((c) => c.generated !== null)
    .flatMap((c, i) => {
      const text = texts[2 * (given.length + i)]
      return text === null || text === undefined ? [] : [[c.name, storedLiteral(c.baseType, text)] as const]
    })
  if (rewritten.length === 0) return { ...row, ...Object.fromEntries(computed) }
  const steady = Object.fromEntries(
    Object.entries(row).filter(([name]) => !rewritten.some((c) => c.name === name)),
  )
  const changes = given.flatMap((c, i) => {
    if (!rewritten.includes(c)) return []
    const text = texts[2 * i] ?? null
    const moving = /^(?:timestamp|date|time)/u.test(c.baseType) || (again && again[2 * i] !== text)
    if (text === null) return [[c.name, 'null'] as const]
    if (!moving) return [[c.name, storedLiteral(c.baseType, text)] as const]
    return [
      [
        c.name,
        `(select ${ident(c.name)} from ${qualified(facts.table)} where ${whereRow(facts, steady)})`,
      ] as const,
    ]
  })
  return { ...row, ...Object.fromEntries(computed), ...Object.fromEntries(changes) }
}

const storedLiteral = (type: string, text: string): string =>
  /^(?:smallint|integer|bigint|numeric)$/u.test(type) ? text : literal(text)

export interface Confirmation {
  /** Set when a statement of the setup was refused: which, and why. */
  readonly setup: { readonly at: number; readonly why: string; readonly fault: PgFault } | null
  readonly outcomes: readonly Outcome[]
}

/** Inserts the drafts one after the other on top of the setup. What is `hopeless` is not tried with other values. */
export const confirmRows = async (
  ground: RowGround,
  facts: TableFacts,
  setup: readonly string[],
  drafts: readonly Draft[],
  isHopeless: (fault: PgFault) => boolean = () => false,
): Promise<Confirmation> => {
  const texts = drafts.map((d) => insertReturning(facts, d.row))
  const all = await tryOnTop(ground.db, [...setup, ...texts, settled], [])
  const failedSetup = all.setup.slice(0, setup.length).findIndex((r) => r.fault !== null)
  if (failedSetup >= 0) {
    const reply = all.setup[failedSetup]!
    return { setup: { at: failedSetup, why: refusal(reply) ?? '', fault: reply.fault! }, outcomes: [] }
  }
  const first = all.setup.slice(setup.length)
  const hopeless = first.find((r) => r.fault !== null && isHopeless(r.fault))
  if (hopeless) {
    const refused = { refused: refusal(hopeless) ?? '', fault: hopeless.fault }
    return { setup: null, outcomes: drafts.map(() => refused) }
  }
  if (first.every((r) => refusal(r) === null)) {
    const rewrites = first.some((r) =>
      r.commands.some((c) => c.rows.some((row) => row.some((v, i) => i % 2 === 1 && v === 'f'))),
    )
    const again = rewrites
      ? (await tryOnTop(ground.db, [...setup, ...texts], [])).setup.slice(setup.length)
      : []
    return {
      setup: null,
      outcomes: drafts.map((d, i) => ({ row: d.row, stored: storedRow(facts, d.row, first[i]!, again[i]) })),
    }
  }
  const outcomes: Outcome[] = []
  const before: string[] = []
  const taken: Row[] = []
  // What had to change for one family (a trigger wanted it) is where the next one starts.
  let learned: Row = {}
  for (const draft of drafts) {
    const start = { ...draft, row: { ...draft.row, ...learned } }
    const outcome = await confirmOne(
      ground,
      facts,
      [...setup, ...before],
      freshFirst(start, taken),
      new Set(Object.keys(learned)),
      taken,
    )
    outcomes.push(outcome)
    if ('row' in outcome) {
      learned = { ...learned, ...changes(start, outcome.row) }
      before.push(insertRows(facts.table, [outcome.row]))
      taken.push(outcome.row)
    }
  }
  return { setup: null, outcomes }
}

const confirmOne = async (
  ground: RowGround,
  facts: TableFacts,
  setup: readonly string[],
  draft: Draft,
  /** Columns that may be changed so that the row differs from those before it. */
  loose: ReadonlySet<string>,
  taken: readonly Row[],
): Promise<Outcome> => {
  const asked = (row: Row): string => `${insertReturning(facts, row)}; ${settled}`
  const attempt = async (rows: readonly Row[]): Promise<{ row: Row; reply: Reply } | Reply | undefined> => {
    const replies = await tryOnTop(ground.db, setup, rows.map(asked))
    const accepted = [...replies.trials.keys()].filter((i) => refusal(replies.trials[i]) === null)
    const at = accepted.toSorted((a, b) => sharedValues(rows[a]!, taken) - sharedValues(rows[b]!, taken))[0]
    return at === undefined ? replies.trials[0] : { row: rows[at]!, reply: replies.trials[at]! }
  }
  const first = await attempt([draft.row, ...(loose.size > 0 ? alternatives(facts, draft, loose) : [])])
  const found = async (): Promise<{ row: Row; reply: Reply } | null> => {
    if (first && 'row' in first) return first
    const about = suspects(facts, first && 'fault' in first ? first.fault : null)
    const ways = [
      ...(about ? [() => alternatives(facts, draft, about)] : []),
      () => [barest(facts, draft.row), ...alternatives(facts, draft, null)],
      () => turnedRows(ground, facts, draft),
    ]
    for (const way of ways) {
      const next = await attempt(await way())
      if (next && 'row' in next) return next
    }
    return null
  }
  /** Columns that the barest row left out, and that the trigger lets it have: together, or else the first of them. */
  const filledUp = async (bare: { row: Row; reply: Reply }): Promise<{ row: Row; reply: Reply }> => {
    const missing = Object.keys(draft.row).filter((name) => bare.row[name] === undefined)
    if (missing.length === 0) return bare
    const withColumns = (names: readonly string[]): Row =>
      Object.fromEntries(
        Object.keys(draft.row).flatMap((name) => {
          const sql = names.includes(name) ? draft.row[name] : bare.row[name]
          return sql === undefined ? [] : [[name, sql] as const]
        }),
      )
    const singles = missing.map((name) => withColumns([name]))
    const { trials } = await tryOnTop(ground.db, setup, singles.map(asked))
    const taken = missing.filter((_name, i) => refusal(trials[i]) === null)
    for (let count = taken.length; count > 0; count = Math.floor(count / 2)) {
      const filled = await attempt([withColumns(taken.slice(0, count))])
      if (filled && 'row' in filled) return filled
    }
    return bare
  }
  const accepted = await found()
  const answer = accepted && (await filledUp(accepted))
  if (!answer) {
    const last = first && 'row' in first ? first.reply : first
    return { refused: refusal(last) ?? 'no value was accepted', fault: last?.fault ?? null }
  }
  const again = await attempt([answer.row])
  return {
    row: answer.row,
    stored: storedRow(facts, answer.row, answer.reply, again && 'row' in again ? again.reply : undefined),
  }
}
