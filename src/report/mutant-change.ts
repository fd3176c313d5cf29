/** Which statement a mutant changes, and into what: the two that are set side by side. */

const quotedInside = /execute\s+'((?:[^']|'')*)'/gu

/**
 * The statements inside a DO block that Assay wrote around DDL; those that only take dependents away and bring them
 * back are left out. Any other statement as it is.
 */
const unwrapped = (sql: string): readonly string[] => {
  const block = /^do '((?:[^']|'')*)'$/su.exec(sql)
  if (!block) return [sql]
  const body = block[1]!.replaceAll("''", "'")
  const found = [...body.matchAll(quotedInside)].flatMap((match) => {
    const before = body.slice(0, match.index)
    const after = body.slice(match.index + match[0].length)
    const isAround = /\bthen\s+$/u.test(before) || /^;\s*taken\[/u.test(after)
    return isAround ? [] : [match[1]!.replaceAll("''", "'")]
  })
  return found.length === 0 ? [sql] : found
}

/** A cast by way of text says nothing of the structure itself. */
const withoutCast = (sql: string): string => sql.replace(/ using "(?:[^"]|"")*"::text::.*$/su, '')

export const plainDdl = (ddl: readonly string[]): readonly string[] => ddl.flatMap(unwrapped).map(withoutCast)

const wordsOf = (sql: string): readonly string[] =>
  sql.toLowerCase().match(/"(?:[^"]|"")*"|'(?:[^']|'')*'|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_"']+/gu) ?? []

/** Share of words that both have, from 0 to 1. */
const alike = (a: readonly string[], b: readonly string[]): number => {
  const left = new Map<string, number>()
  for (const word of a) left.set(word, (left.get(word) ?? 0) + 1)
  let common = 0
  for (const word of b) {
    const n = left.get(word) ?? 0
    if (n > 0) {
      common++
      left.set(word, n - 1)
    }
  }
  return a.length + b.length === 0 ? 0 : (2 * common) / (a.length + b.length)
}

/** `drop constraint "x", add constraint "x" …` is an addition, and NOT VALID only spares a scan. */
const asAddition = (sql: string): string =>
  sql
    .replace(/ drop constraint "(?:[^"]|"")*", add constraint /u, ' add constraint ')
    .replace(/ not valid$/u, '')

const enough = 0.55

const columnAct =
  /^alter table .+ alter column "(?:[^"]|"")*" (?<act>type|set default|drop default|set not null|drop not null|\w+)/su

/** What is done to a column: another act is not the same statement changed. */
const isSameAct = (a: string, b: string): boolean => {
  const [first, second] = [a, b].map((sql) => columnAct.exec(sql)?.groups?.['act'])
  return first === undefined || second === undefined || first === second
}

export interface MutantChange {
  readonly before: string | null
  readonly after: string | null
}

const typeOf = /^alter table .+ alter column (?:"(?:[^"]|"")*") type /su

/** A structure that goes away; the absence of a column's type is another type, which is told. What stays is no change. */
const absence = (create: readonly string[], ddl: readonly string[]): MutantChange => {
  const gone = create.filter((sql) => !ddl.includes(sql))
  const before = gone.length === 0 ? create : gone
  const heads = before.flatMap((sql) => typeOf.exec(sql)?.[0] ?? [])
  const after = ddl.filter((sql) => heads.some((head) => sql.startsWith(head)))
  return { before: before.join(';\n') || null, after: after.join(';\n') || null }
}

const findChange = (
  create: readonly string[],
  mutant: { readonly effect: string; readonly ddl: readonly string[] },
): MutantChange => {
  if (mutant.effect === 'removed') return absence(create, plainDdl(mutant.ddl))
  let best = { score: enough, before: null as string | null, after: null as string | null }
  const wordsBefore = create.map(wordsOf)
  for (const sql of plainDdl(mutant.ddl).map(asAddition)) {
    if (/^alter table \S+ drop constraint/u.test(sql)) continue
    const words = wordsOf(sql)
    for (const [i, before] of create.entries()) {
      const score = alike(wordsBefore[i]!, words)
      if (score > best.score && before !== sql && isSameAct(before, sql)) best = { score, before, after: sql }
    }
  }
  return { before: best.before, after: best.after }
}

/** The pages and the mutation testing report ask for the same; hundreds of tables have tens of thousands of mutants. */
const found = new WeakMap<object, MutantChange>()

/** `create` is the structure's own DDL, plain. */
export const mutantChange = (
  create: readonly string[],
  mutant: { readonly effect: string; readonly ddl: readonly string[] },
): MutantChange => {
  const before = found.get(mutant)
  if (before) return before
  const change = findChange(create, mutant)
  found.set(mutant, change)
  return change
}
