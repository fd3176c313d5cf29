/** Settings of an application (`app.tenant_id`) that the policies and functions of a database read by name. */
import type { FunctionFacts } from './function.ts'
import type { PolicyFacts } from './policy.ts'
import type { Catalog } from './structure.ts'

const named = /current_setting\s*\(\s*'(?<name>(?:[^']|'')+)'/giu

/** Those that a text of SQL reads, each as often as it does. */
export const settingsIn = (text: string): readonly string[] =>
  [...text.matchAll(named)]
    .map(({ groups }) => (groups?.['name'] ?? '').replaceAll("''", "'"))
    .filter((name) => name.includes('.'))

/** In the order of the alphabet; PostgreSQL's own, which always have values, are none of them. */
export const namedSettings = (catalog: Catalog): readonly string[] => {
  const texts = [...catalog.structures.values()].flatMap(({ kind, facts }) => {
    if (kind === 'function') return [(facts as FunctionFacts).statement]
    if (kind !== 'policy') return []
    const { using, withCheck } = facts as PolicyFacts
    return [using ?? '', withCheck ?? '']
  })
  return [...new Set(texts.flatMap(settingsIn))].toSorted()
}

/** What such a setting may hold for a cast to take it: a number, a uuid, a truth value, a document. */
export const settingValues = ['1', '00000000-0000-0000-0000-000000000001', 'true', '{}'] as const
