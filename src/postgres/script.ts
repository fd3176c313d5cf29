/**
 * Cuts an SQL script into its steps as psql would: statements, data of COPY … FROM stdin, and meta-commands. Only
 * quotes, comments and brackets are understood here; what a statement means is PostgreSQL's business.
 */

export type ScriptStep =
  | { readonly kind: 'statement'; readonly text: string; readonly start: number }
  /** `data` is in COPY's own format, without the closing `\.`. */
  | { readonly kind: 'copy'; readonly text: string; readonly start: number; readonly data: string }
  /** `\connect x`, to the end of its line. */
  | { readonly kind: 'meta'; readonly text: string; readonly start: number }

/** One token; quantifiers run over plain stretches, so that strings of megabytes do not fill the stack. */
const token = new RegExp(
  [
    String.raw`(?<space>\s+|--[^\n]*)`,
    String.raw`(?<comment>/\*)`,
    String.raw`(?<quoted>[eE]'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'|'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*")`,
    String.raw`(?<dollar>\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`,
    String.raw`(?<number>\d[\w.]*)`,
    String.raw`(?<meta>\\[^\n]*)`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'uy',
)

/** The end of a comment that begins at `start`; comments nest. The end of the text when it is never closed. */
const commentEnd = (text: string, start: number): number => {
  const mark = /\/\*|\*\//gu
  mark.lastIndex = start
  let depth = 0
  for (let found = mark.exec(text); found; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1
    if (depth === 0) return mark.lastIndex
  }
  return text.length
}

const dollarEnd = (text: string, mark: string, start: number): number => {
  const close = text.indexOf(mark, start + mark.length)
  return close < 0 ? text.length : close + mark.length
}

/** What has been seen of the statement that is being read. */
interface Progress {
  start: number
  end: number
  brackets: number
  /** BEGIN … END of an SQL-standard function body. */
  blocks: number
  words: string[]
}

const nothing = (): Progress => ({ start: -1, end: -1, brackets: 0, blocks: 0, words: [] })

/** Semicolons inside BEGIN ATOMIC … END of a function do not end the statement. */
const countBlocks = (progress: Progress, word: string): void => {
  const [first, second, third, fourth] = progress.words
  const what = second === 'or' && third === 'replace' ? fourth : second
  if (first !== 'create' || (what !== 'function' && what !== 'procedure') || progress.brackets > 0) return
  if (word === 'begin' || (word === 'case' && progress.blocks > 0)) progress.blocks += 1
  if (word === 'end' && progress.blocks > 0) progress.blocks -= 1
}

const copiesFromStdin = (words: readonly string[], text: string): boolean =>
  words[0] === 'copy' && /\bfrom\s+stdin\b/iu.test(text)

/** psql's own `\copy` with its rows in the lines below it. */
const copiesInline = /^\\copy\s[^\n]*\bfrom\s+p?stdin\b/iu

/** In the place of a semicolon. */
const sendsStatement = /^\\(?:g|gx|gset|gexec|gdesc|crosstabview|watch)(?![A-Za-z])/u

/** The lines after a COPY statement up to `\.`; answers where the script goes on. */
const copyData = (text: string, afterStatement: number): { readonly data: string; readonly next: number } => {
  const lineEnd = text.indexOf('\n', afterStatement)
  if (lineEnd < 0) return { data: '', next: text.length }
  const close = /^\\\.[ \t]*\r?$/gmu
  close.lastIndex = lineEnd + 1
  const found = close.exec(text)
  const data = text.slice(lineEnd + 1, found ? found.index : text.length)
  return { data: data.replaceAll('\r\n', '\n'), next: found ? close.lastIndex : text.length }
}

export const readScript = (text: string): readonly ScriptStep[] => {
  const steps: ScriptStep[] = []
  let progress = nothing()
  const finish = (): Progress | null => {
    const done = progress
    progress = nothing()
    return done.start < 0 ? null : done
  }
  let at = 0
  while (at < text.length) {
    token.lastIndex = at
    const found = token.exec(text)
    const groups = found?.groups ?? {}
    const whole = found?.[0] ?? text.slice(at)
    let end = at + whole.length
    if (groups['space'] !== undefined || groups['comment'] !== undefined) {
      at = groups['comment'] === undefined ? end : commentEnd(text, at)
      continue
    }
    if (groups['meta'] !== undefined) {
      if (copiesInline.test(whole)) {
        const { data, next } = copyData(text, at)
        steps.push({ kind: 'copy', text: whole.slice(1).replace(/[\s;]+$/u, ''), start: at, data })
        at = next
        continue
      }
      const sent = sendsStatement.test(whole) ? finish() : null
      if (sent) steps.push({ kind: 'statement', text: text.slice(sent.start, sent.end), start: sent.start })
      steps.push({ kind: 'meta', text: whole.trimEnd(), start: at })
      at = end
      continue
    }
    if (whole === ';' && progress.brackets <= 0 && progress.blocks === 0) {
      const done = finish()
      at = end
      if (!done) continue
      const statement = text.slice(done.start, done.end)
      if (copiesFromStdin(done.words, statement)) {
        const { data, next } = copyData(text, end)
        steps.push({ kind: 'copy', text: statement, start: done.start, data })
        at = next
      } else steps.push({ kind: 'statement', text: statement, start: done.start })
      continue
    }
    if (groups['dollar'] !== undefined) end = dollarEnd(text, whole, at)
    // A quote that is never closed: PostgreSQL is to say so, about the whole rest.
    else if (whole === "'" || whole === '"') end = text.length
    else if (whole === '(') progress.brackets += 1
    else if (whole === ')') progress.brackets -= 1
    if (groups['word'] !== undefined) {
      const word = whole.toLowerCase()
      if (progress.words.length < 4) progress.words.push(word)
      countBlocks(progress, word)
    }
    if (progress.start < 0) progress.start = at
    progress.end = end
    at = end
  }
  const rest = finish()
  if (rest) steps.push({ kind: 'statement', text: text.slice(rest.start, rest.end), start: rest.start })
  return steps
}
