/**
 * Names whose answer may be another one each time: of functions, domains and types in a database. What people wrote in
 * SQL or PL/pgSQL is looked through: a body that names no relation, no setting and nothing that moves answers the same
 * for good, whatever it is declared as, or as long as the clock that it names.
 */

/** Another answer each time, out of nothing that people could change. */
const momentWords: ReadonlySet<string> = new Set(
  'random gen_random_uuid uuidv4 uuidv7 clock_timestamp timeofday statement_timestamp'.split(' '),
)

/** The clock, which stands still within a transaction. */
const clockWords: ReadonlySet<string> = new Set(
  `now today tomorrow yesterday transaction_timestamp age
  current_timestamp current_date current_time localtimestamp localtime`.match(/\w+/gu),
)

/** In the place of what is named where nobody looks. */
const hidden = 'assay_hidden'

/** Words beside functions' names: who asks, a table, a name that is spelled in a way not looked through here. */
const movingWords = `
  current_setting current_user session_user user current_role current_query inet_client_addr
  currval lastval select table u pg_typeof ${hidden}`.match(/\w+/gu)!

/** In a body: what it reads is told by the names of relations, of which one is named wherever rows are read. */
const movingInBodies = `
  current_setting current_user session_user user current_role current_query inet_client_addr
  currval lastval pg_typeof execute set reset discard create alter drop truncate lock
  notify listen unlisten copy call load prepare get diagnostics found`.match(/\w+/gu)!

/**
 * Rows of kind, name and text. `moving`: a function, type or cast that is not looked through; `domain` and `body`: what
 * is looked through; `relation`: names of relations; `symbol`: operators, and the function of each that people wrote. Of
 * what is written in C the declaration is believed: only who installs a server's libraries writes it. Of an operator a
 * stable one, too: `%` of pg_trgm hangs on a setting that nobody changes between two questions.
 */
export const movingSql = `
  with own as (
    select p.oid, p.proname, l.lanname in ('sql', 'plpgsql') and p.prokind = 'f' as has_body,
           l.lanname in ('c', 'internal') and p.provolatile = 'i' and p.prokind = 'f' as is_fixed,
           l.lanname in ('c', 'internal') and p.provolatile <> 'v' as is_steady
      from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      join pg_catalog.pg_language l on l.oid = p.prolang
     where n.nspname not in ('pg_catalog', 'information_schema')),
  operators as (
    select o.oprname, own.proname from pg_catalog.pg_operator o join own on own.oid = o.oprcode
     where not own.is_steady),
  casts as (
    select c.castfunc, t.typname from pg_catalog.pg_cast c
      join pg_catalog.pg_type t on t.oid in (c.castsource, c.casttarget)
     where c.castfunc in (select oid from own where not is_fixed))
  select 'moving', proname, null from own where not has_body and not is_fixed
   union
  select 'moving', proname, null from pg_catalog.pg_proc
   where pronamespace = 'pg_catalog'::pg_catalog.regnamespace and provolatile = 'v'
     and proname not in (${[...momentWords].map((word) => `'${word}'`).join(', ')})
   union
  select 'moving', typname, null from casts
   union
  select 'body', own.proname, pg_catalog.concat_ws(' ', p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid),
           pg_catalog.pg_get_function_arguments(p.oid), pg_catalog.pg_get_function_result(p.oid))
    from own join pg_catalog.pg_proc p on p.oid = own.oid where has_body
   union
  select 'relation', relname, null from pg_catalog.pg_class where relkind in ('r', 'v', 'm', 'f', 'p', 'S')
   union
  select 'symbol', oprname, proname from operators
   union
  select 'domain', t.typname, pg_catalog.concat_ws(' ', pg_catalog.format_type(t.typbasetype, null),
           (select pg_catalog.string_agg(pg_catalog.pg_get_constraintdef(c.oid), ' ')
              from pg_catalog.pg_constraint c where c.contypid = t.oid),
           (select distinct '${hidden}'
              from pg_catalog.pg_constraint c
              join pg_catalog.pg_depend d
                on d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass and d.objid = c.oid
             where c.contypid = t.oid and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
               and d.refobjid in (select castfunc from casts)))
    from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
   where t.typtype = 'd' and n.nspname <> 'information_schema'`

/**
 * How long an answer stays what it is: for good, as long as the transaction of a desk, or not at all (chance, the clock
 * of the moment), though it reads nothing that people could change. Null: it may read a table, a setting or a sequence.
 */
export type Lasting = 'always' | 'transaction' | 'moment' | null

export interface MovingNames {
  /** By what a text names. */
  lasting(text: Words): Lasting
  /** Whether it names what moves when somebody replaces it: a function with a body that was looked through. */
  isReplaceable(text: Words): boolean
}

/** A text without its literals, and its names and other words in small letters. */
export interface Words {
  readonly text: string
  readonly words: readonly string[]
  /** Where literals end could not be told: what stands in quotes may be none of its names. */
  readonly isOpaque: boolean
}

export type ToWords = (text: string) => Words

interface Entry {
  readonly names: readonly string[]
  readonly isBody: boolean
  readonly words: readonly string[]
}

/** A name in quotes, or spelled with what no letter or digit is, may be that of a relation. */
const hidesNames = (body: string): boolean => body.includes('"') || /[^\p{ASCII}\p{L}\p{N}\p{M}]/u.test(body)

/** It is written in quotes, and found there as a whole. */
const isOdd = (name: string): boolean => /^\p{ASCII}*$/u.test(name) && !/^[a-z_][\w$]*$/iu.test(name)

/** What no word can be: an operator, and a part of an odd name. */
const symbolic = (operator: string): string => `(${operator})`
const partly = (word: string): string => `"${word}`

/** `rows`: those of `movingSql`. `plain`: words of a text; `unquoted`: those of it without its literals. */
export const movingNames = (
  rows: readonly (readonly (string | null)[])[],
  plain: (text: string) => readonly string[],
  unquoted: ToWords,
): MovingNames => {
  const named = (kind: string): readonly string[] =>
    rows.flatMap(([of, name]) => (of === kind && name ? [name] : []))
  const wordsOfName = (name: string): readonly string[] =>
    isOdd(name) ? [name.toLowerCase(), ...plain(name).map(partly)] : plain(name)
  const symbols = [...new Set(named('symbol'))]
  const symbolsIn = (text: string): readonly string[] =>
    symbols.filter((one) => text.includes(one)).map(symbolic)
  /** Where quotes are not told apart, a word may be a part of what stands in them. */
  const allIn = ({ text, words, isOpaque }: Words): readonly string[] => [
    ...words,
    ...symbolsIn(text),
    ...(isOpaque ? words.map(partly) : []),
  ]
  const moving = new Set([...named('moving').flatMap(wordsOfName), ...movingWords])
  const inBodies = new Set([...movingInBodies, ...named('relation').flatMap(plain)])
  const wordsIn = (kind: string, text: string): readonly string[] => {
    if (kind === 'domain') return allIn(unquoted(text))
    if (kind === 'symbol') return wordsOfName(text)
    return hidesNames(text) ? [hidden] : [...plain(text), ...symbolsIn(text)]
  }
  const entries = rows.flatMap(([kind, name, text]): readonly Entry[] =>
    kind !== 'domain' && kind !== 'body' && kind !== 'symbol'
      ? []
      : [
          {
            names: kind === 'symbol' ? [symbolic(name ?? '')] : wordsOfName(name ?? ''),
            isBody: kind === 'body',
            words: wordsIn(kind, text ?? ''),
          },
        ],
  )
  const isWordOfBody = (word: string): boolean =>
    word === hidden || (!movingWords.includes(word) && moving.has(word))
  const movesAlong = ({ isBody, words }: Entry): boolean =>
    words.some((word) => (isBody ? inBodies.has(word) || isWordOfBody(word) : moving.has(word)))
  let open = entries
  for (let before = Infinity; open.length < before;) {
    before = open.length
    const found = new Set(open.filter(movesAlong))
    for (const { names } of found) for (const name of names) moving.add(name)
    open = open.filter((entry) => !found.has(entry))
  }
  /** With those that name one of them, and those that name these. */
  const closed = (first: Iterable<string>): ReadonlySet<string> => {
    const found = new Set(first)
    for (let before = -1; found.size > before;) {
      before = found.size
      for (const { names, words } of open)
        if (words.some((word) => found.has(word))) for (const name of names) found.add(name)
    }
    return found
  }
  const replaceable = closed(open.filter(({ isBody }) => isBody).flatMap(({ names }) => names))
  const clocks = closed(clockWords)
  const moments = closed(momentWords)
  return {
    lasting(text) {
      const words = allIn(text)
      const names = (some: ReadonlySet<string>): boolean => words.some((word) => some.has(word))
      if (names(moving)) return null
      return names(moments) ? 'moment' : names(clocks) ? 'transaction' : 'always'
    },
    isReplaceable: (text) => allIn(text).some((word) => replaceable.has(word)),
  }
}
