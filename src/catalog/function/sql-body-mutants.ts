/**
 * The body of an SQL function broken in one place at a time: its queries as those of views are, the filters of what it
 * writes, and each statement before the last left out.
 */
import { parseStatements } from '../../postgres/parse.ts'
import { functionBodyMutants } from './body-mutants.ts'
import { atomic, atomicBody } from './atomic-body.ts'
import { statementWithBody, type WholeBody } from './mutants.ts'
import { makeMutant } from '../make-mutant.ts'
import { queryMutants } from '../query/mutants.ts'
import type { Catalog, Mutant, Structure } from '../structure.ts'

interface Changed extends Pick<Mutant, 'effect' | 'summary'> {
  readonly does: string
  readonly details: readonly string[]
  readonly text: string
  readonly equivalent?: string | null
}

interface Part {
  readonly text: string
  readonly start: number
  readonly isQuery: boolean
}

const partsOf = (sql: string): readonly Part[] => {
  try {
    return parseStatements(sql).map(({ text, start, node }) => ({
      text,
      start,
      isQuery: 'SelectStmt' in node,
    }))
  } catch {
    return []
  }
}

/** On one line, and not longer than a line of a report. */
const quoted = (text: string): string => {
  const line = text.trim().replaceAll(/\s+/gu, ' ')
  return line.length > 72 ? `${line.slice(0, 71)}…` : line
}

const changesOf = ({ text, isQuery }: Part, catalog: Catalog): readonly Changed[] => {
  if (isQuery)
    return queryMutants(text, catalog).map(({ does, detail, effect, summary, sql, equivalent }) => ({
      does: `query-${does}`,
      details: detail === '' ? [] : [detail],
      effect,
      summary,
      text: sql,
      equivalent: equivalent ?? null,
    }))
  return functionBodyMutants(text)
    .filter(({ does }) => /^(?:filter|join)-/u.test(does))
    .map(({ does, details, summary, body }) => ({ does, details, effect: 'changed', summary, text: body }))
}

/** Of the statements of a body, with the whole of them around each change. */
const bodiesOf = (sql: string, catalog: Catalog): readonly Changed[] => {
  const parts = partsOf(sql)
  return parts.flatMap((part, n): readonly Changed[] => {
    const end = part.start + part.text.length
    const put = (text: string): string => `${sql.slice(0, part.start)}\n${text}${sql.slice(end)}`
    // A function that has one statement is counted without its number.
    const details = parts.length === 1 ? [] : [String(n + 1)]
    const isLast = n === parts.length - 1
    return [
      ...(isLast
        ? []
        : [
            {
              does: 'statement-removed',
              details,
              effect: 'changed' as const,
              summary: `it does not do "${quoted(part.text)}"`,
              text: put('select'),
            },
          ]),
      ...changesOf(part, catalog).map((one) => ({
        ...one,
        details: [...details, ...one.details],
        text: put(one.text),
      })),
    ]
  })
}

/** [] for a function of another language. */
export const sqlBodyMutants = (structure: Structure<WholeBody>, catalog: Catalog): readonly Mutant[] => {
  const { facts } = structure
  if (facts.language !== 'sql') return []
  const inner = facts.body === null || facts.body === '' ? atomicBody(facts.statement) : null
  const sql = inner === null ? (facts.body ?? '') : inner.sql
  return bodiesOf(sql, catalog).flatMap(({ text, ...one }): readonly Mutant[] => {
    const ddl =
      inner === null
        ? statementWithBody(facts, { language: 'sql', body: text })
        : facts.statement.slice(0, inner.start) + atomic(text)
    return ddl === null ? [] : [makeMutant(structure, { ...one, ddl: [ddl], whenCalled: structure.id })]
  })
}
