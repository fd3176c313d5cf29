/**
 * Whether a trigger's function does nothing but refuse rows by the values of some of their columns: what it lets in, it
 * lets stand until one of these changes. Anything not understood: no.
 */
import type { PurityFacts } from './function/purity.ts'
import { onlyRefuses, type GuardTrigger } from './function/guard.ts'

const moments =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|localtime\w*|current_\w+)\b/iu
const otherWords = /\b(?:old|tg_\w+)\b/iu

/** Names behind `new.`; null where the row is used in another way than to be returned. */
const readOfNew = (body: string): readonly string[] | null => {
  const rest = body.replaceAll(/\breturn\s+new\s*;/giu, '')
  const found = [...rest.matchAll(/\bnew\s*\.\s*(?:"((?:[^"]|"")+)"|([\w$]+))/giu)]
  if (found.length !== [...rest.matchAll(/\bnew\b/giu)].length) return null
  return found.map((one) => one[1]?.replaceAll('""', '"') ?? one[2]!.toLowerCase())
}

/** `columns`: of UPDATE OF. Rows that stand have been asked when they were inserted. */
export const guardsColumnsAlone = (
  facts: PurityFacts,
  trigger: GuardTrigger & { readonly columns: readonly string[] },
): boolean => {
  const { events, columns, isRow } = trigger
  if (!isRow || !events.includes('insert') || !events.every((e) => e === 'insert' || e === 'update'))
    return false
  if (!onlyRefuses(facts, { events, isRow, newIsFinal: true })) return false
  const body = facts.body ?? facts.statement
  if (moments.test(body) || otherWords.test(body)) return false
  const read = readOfNew(body)
  return read !== null && read.every((name) => columns.includes(name))
}
