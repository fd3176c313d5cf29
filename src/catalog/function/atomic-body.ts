/** A body of SQL's own grammar, as PostgreSQL prints it: where it starts, and its statements. */
export const atomicBody = (statement: string): { readonly start: number; readonly sql: string } | null => {
  const block = /\nBEGIN ATOMIC\n(.*)\nEND\s*$/su.exec(statement)
  if (block) return { start: block.index, sql: block[1]! }
  const value = /\nRETURN (.*)$/su.exec(statement)
  return value ? { start: value.index, sql: `SELECT ${value[1]!}` } : null
}

export const atomic = (sql: string): string => `\nBEGIN ATOMIC\n${sql.trim().replace(/;$/u, '')};\nEND`
