/** Length of the quoted text, name or dollar-quoted body that begins here; 0 for none. */
export const quotedLength = (sql: string, at: number): number => {
  const rest = sql.slice(at, at + 64)
  const isInside = at > 0 && /[\w$\u0080-\uffff]/u.test(sql.charAt(at - 1))
  const dollar = isInside ? undefined : /^\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iu.exec(rest)?.[0]
  if (dollar !== undefined) {
    const end = sql.indexOf(dollar, at + dollar.length)
    return end < 0 ? sql.length - at : end + dollar.length - at
  }
  const quote = rest[0]
  if (quote !== `'` && quote !== '"') return 0
  const hasEscapes = quote === `'` && /e$/iu.test(sql.slice(Math.max(0, at - 1), at))
  for (let i = at + 1; i < sql.length; i += 1) {
    if (hasEscapes && sql[i] === '\\') i += 1
    else if (sql[i] === quote) {
      if (sql[i + 1] !== quote) return i + 1 - at
      i += 1
    }
  }
  return sql.length - at
}
