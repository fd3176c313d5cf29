/** The words of a text as PostgreSQL's own scanner cuts it; PL/pgSQL has the same words. Call `loadParser` of parse.ts before. */
import { scanSync } from 'libpg-query'

export interface Word {
  /** As written; a keyword or a bare name in lower case. */
  readonly text: string
  /** In characters, not bytes. */
  readonly start: number
  readonly end: number
}

/** Without comments. Throws when the text cannot be cut, such as at an open quote. */
export const scanWords = (sql: string): readonly Word[] => {
  const bytes = Buffer.from(sql, 'utf8')
  const isPlain = bytes.length === sql.length
  const at = (offset: number): number =>
    isPlain ? offset : bytes.subarray(0, offset).toString('utf8').length
  return scanSync(sql)
    .tokens.filter(({ tokenName }) => tokenName !== 'SQL_COMMENT' && tokenName !== 'C_COMMENT')
    .map(({ text, start, end }) => ({
      text: /^[a-z_]\w*$/iu.test(text) ? text.toLowerCase() : text,
      start: at(start),
      end: at(end),
    }))
}
