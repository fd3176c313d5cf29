/** A function that tells that it was called: before all that it does it takes a point (trace-body.ts). */
import { scanWords } from '../../postgres/scan.ts'
import { atomic, atomicBody } from './atomic-body.ts'
import { statementWithBody, type WholeBody } from './mutants.ts'
import { takePoint } from './trace-body.ts'

/** `#variable_conflict use_column` stands before everything else. */
const options = /^(?:\s*#[^\n]*\n)*/u

/** The whole body becomes a block of another one, so that the point is taken before its declarations run. */
const plpgsqlBody = (body: string, point: number): string => {
  const [head] = options.exec(body) ?? ['']
  const own = body.slice(head.length)
  const end = scanWords(own).at(-1)?.text === ';' ? '' : ';'
  return `${head}begin if not ${takePoint(point)} then null; end if; ${own}\n${end} end`
}

/** CREATE OR REPLACE, whole; null for a function of another language than SQL and PL/pgSQL. */
export const withEntryPoint = (facts: WholeBody, point: number): string | null => {
  const { language, body, statement } = facts
  if (language === 'plpgsql' && body !== null)
    return statementWithBody(facts, { language, body: plpgsqlBody(body, point) })
  if (language !== 'sql') return null
  const taken = `select ${takePoint(point)};\n`
  if (body !== null && body !== '') return statementWithBody(facts, { language, body: taken + body })
  const inner = atomicBody(statement)
  return inner && statement.slice(0, inner.start) + atomic(taken + inner.sql)
}
