/** The type of a generated column: rows are looked for whose expression goes beyond it. */
import type { TypeRule } from '../../architecture/kinds/type.ts'
import { loadParser } from '../../postgres/parse.ts'
import { ident } from '../../postgres/quote.ts'
import { cluesOfExpression } from '../../rows/constants.ts'
import { decimalPattern, isBelow } from '../../rows/decimal.ts'
import type { Row } from '../../rows/rows.ts'
import { accepted, allTrue, type Ground } from '../draft.ts'
import type { RuleContext, Written } from '../rule-kind.ts'
import type { UnderstoodType } from '../type-oracle.ts'
import { addUntriggered } from '../untriggered.ts'
import { unreachedType } from './unreached.ts'

interface Limit {
  readonly beyond: string
  /** The first decade that does not fit: a type that is one digit wider takes it. */
  readonly justBeyond?: string
  readonly sqlstate: string
  readonly shown: string
  /** Rows in the last decade that fits. */
  readonly within?: string
  /** Rows whose value is changed to fit. */
  readonly between?: string
}

const limitOf = ({ name, modifiers, isArray }: UnderstoodType, expression: string): Limit | null => {
  const [size, scale = 0] = modifiers
  if (size === undefined || isArray) return null
  if (name === 'varchar' || name === 'bpchar') {
    return {
      beyond: `char_length((${expression})::text) > ${size}`,
      sqlstate: '22001',
      shown: `longer than ${size} characters`,
    }
  }
  if (name !== 'numeric') return null
  const bound = `1${'0'.repeat(Math.max(0, size - scale))}`
  return {
    beyond: `(${expression}) >= ${bound}`,
    justBeyond: `(${expression}) >= ${bound} and (${expression}) < ${bound}0 - 1`,
    within: `(${expression}) >= ${bound} / 10.0 and (${expression}) < ${bound} - 1`,
    sqlstate: '22003',
    shown: `of ${bound} or more`,
    between: `(${expression})::numeric <> round((${expression})::numeric, ${scale})`,
  }
}

/** The largest number among a column's values, those at the ends of its type among them; null: it has no numbers. */
const highestOf = (values: readonly string[]): string | null =>
  values
    .filter((value) => decimalPattern.test(value))
    .reduce<string | null>((most, value) => (most === null || isBelow(most, value) ? value : most), null)

/** Of a product each factor at its largest in turn, so that the other one follows from it. */
const rowOfDecade = async (
  where: string,
  expression: string,
  { rows, table }: RuleContext,
): Promise<{ readonly row: Row } | null> => {
  const free = await rows.solve(table, { where: [where] })
  if ('row' in free) return free
  await loadParser()
  const names = cluesOfExpression(expression)?.columns ?? []
  for (const name of names) {
    const highest = highestOf(await rows.candidates(table, name, []))
    const solved =
      highest === null ? null : await rows.solve(table, { pins: { [name]: highest }, where: [where] })
    if (solved && 'row' in solved) return solved
  }
  return null
}

export const addGeneratedTypeCases = async (
  rule: TypeRule,
  expression: string,
  understood: UnderstoodType,
  context: RuleContext,
  ground: Ground,
): Promise<Pick<Written, 'notes' | 'indistinct'>> => {
  const limit = limitOf(understood, expression)
  if (!limit) return {}
  const { rows, table } = context
  // A virtual column is computed when it is read.
  const isVirtual = table.columns.find((c) => c.name === rule.column)?.generated === 'virtual'
  const seen = isVirtual ? ` returning ${ident(rule.column)}` : ''
  const just =
    limit.justBeyond === undefined ? null : await rowOfDecade(limit.justBeyond, expression, context)
  const beyond = just ?? (await rows.solve(table, { where: [limit.beyond] }))
  if ('row' in beyond) {
    await addUntriggered(context, ground, {
      title: `a row that makes ${rule.column} ${limit.shown} is refused${isVirtual ? ' when it is read' : ''}`,
      when: [`${rows.insert(table, beyond.row)}${seen}`],
      then: { kind: 'rejected', by: { sqlstate: limit.sqlstate } },
    })
  }
  const unreached = 'row' in beyond ? null : await unreachedType(rule, context)
  if ('unsolved' in beyond && unreached === null)
    ground.draft.unsolved(`no row was found that makes ${rule.column} ${limit.shown}`, beyond.tried)
  const told = unreached ? { notes: [unreached.note], indistinct: unreached.indistinct } : {}
  const within = limit.within === undefined ? null : await rows.solve(table, { where: [limit.within] })
  if (within && 'row' in within) {
    await addUntriggered(context, ground, {
      title: `a row that makes ${rule.column} as large as ${rule.type} takes is accepted`,
      when: [`${rows.insert(table, within.row)}${seen}`],
      then: accepted,
    })
  }
  const between = limit.between === undefined ? null : await rows.solve(table, { where: [limit.between] })
  if (!between || 'unsolved' in between) return told
  ground.draft.add({
    title: `${rule.column} is rounded to ${rule.type}`,
    when: [
      `${rows.insert(table, between.row)} returning ${ident(rule.column)}::text = cast((${expression}) as ${rule.type})::text`,
    ],
    then: allTrue(),
  })
  return told
}
