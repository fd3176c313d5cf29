/** Short digests of text, and of a declared rule, for the ledger: equal content gives equal text on every machine. */
import { createHash } from 'node:crypto'

/** The first `length` hex digits of SHA-256. */
export const digest = (text: string, length = 16): string =>
  createHash('sha256').update(text, 'utf8').digest('hex').slice(0, length)

/** JSON with sorted keys; functions by their text, so that a proof whose body was emptied is seen. */
const canonical = (value: unknown): unknown => {
  if (typeof value === 'function') return String(value).replaceAll(/\s+/gu, ' ')
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(canonical)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, v]) => [key, canonical(v)]),
  )
}

/**
 * All that a declared rule says, in sixteen digits. The sentence does not tell everything: the row of `accepts`,
 * the select of `holds` and the body of `proves` can be weakened under an unchanged sentence. `at` is left out.
 */
export const declarationDigest = (rule: object): string => {
  const { at: _at, ...said } = rule as { at?: unknown }
  return digest(JSON.stringify(canonical(said)))
}
