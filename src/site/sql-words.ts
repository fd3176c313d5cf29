/** SQL as words to be coloured: a light reading that never changes a letter. */

export type SqlWordKind = 'keyword' | 'string' | 'name' | 'comment' | 'number' | 'other'

export interface SqlWord {
  readonly kind: SqlWordKind
  readonly text: string
}

const keywords = new Set(
  `add all alter and any array as asc begin between bigint boolean by cascade case cast check collate column comment
  commit constraint copy create cross current_date current_timestamp database date default deferrable deferred delete
  desc detach disable distinct do domain drop else enable end enum exception exclude execute exists extension false
  for force foreign from function generated grant group having identity if immediate in include index initially inner
  insert integer interval into is join jsonb key language lateral left like limit local match merge no not null nulls
  numeric of off offset on only or order over overriding owner partition permissive policy primary privileges public
  references restrict restrictive return returning returns revoke right role rollback row rows savepoint schema
  security select sequence set stable stored system table temporary text then timestamp timestamptz to trigger true
  truncate type unique update using valid value values varying view volatile when where window with zone always
  character level immutable explain analyze constraints`.split(/\s+/u),
)

const patterns: readonly (readonly [SqlWordKind, RegExp])[] = [
  ['comment', /--[^\n]*|\/\*[\s\S]*?\*\//uy],
  ['string', /[eE]'(?:[^'\\]|''|\\[\s\S])*'|'(?:[^']|'')*'|(\$[\w]*\$)[\s\S]*?\1/uy],
  ['name', /"(?:[^"]|"")*"/uy],
  ['number', /\d+(?:\.\d+)?/uy],
  ['keyword', /[\p{L}_][\p{L}\p{N}_$]*/uy],
  ['other', /\s+|[^\s\p{L}\p{N}_'"]/uy],
]

const wordAt = (sql: string, at: number): SqlWord => {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const text = pattern.exec(sql)?.[0]
    if (text === undefined || text === '') continue
    if (kind === 'keyword') return { kind: keywords.has(text.toLowerCase()) ? kind : 'other', text }
    return { kind, text }
  }
  return { kind: 'other', text: sql[at] ?? '' }
}

/** Joined again they are the same text. */
export const sqlWords = (sql: string): readonly SqlWord[] => {
  const words: SqlWord[] = []
  for (let at = 0; at < sql.length;) {
    const word = wordAt(sql, at)
    words.push(word)
    at += word.text.length
  }
  return words
}

/** Neighbours without a colour are one. */
export const colouredRuns = (sql: string): readonly SqlWord[] => {
  const runs: SqlWord[] = []
  for (const word of sqlWords(sql)) {
    const last = runs.at(-1)
    if (last && last.kind === 'other' && word.kind === 'other')
      runs[runs.length - 1] = { kind: 'other', text: last.text + word.text }
    else runs.push(word)
  }
  return runs
}
