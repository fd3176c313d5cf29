/** The text of a literal with or without its cast; null for any other expression. */
export const literalText = (sql: string): string | null => {
  if (/^-?[\d.]+$/u.test(sql)) return sql
  const quoted = /^E?'((?:[^']|'')*)'(?:::.+)?$/u.exec(sql)
  return quoted ? quoted[1]!.replaceAll("''", "'") : null
}
