/** SQL of what one row has inside of an expression, as text; null where there is nothing. It has to fit any type. */
import { literal } from '../../postgres/quote.ts'

const asJson = (sql: string, path: readonly string[] = []): string =>
  path.length === 0
    ? `pg_catalog.to_jsonb(${sql})`
    : `(pg_catalog.to_jsonb(${sql}) #> array[${path.map(literal).join(', ')}])`

/** Null but for a document of this kind: an array of PostgreSQL is one, too. */
const onlyAs = (kind: 'array' | 'object', json: string): string =>
  `case pg_catalog.jsonb_typeof(${json}) when '${kind}' then ${json} end`

const itemAt = (json: string, at: number): string =>
  `(select assay.item from pg_catalog.jsonb_array_elements_text(${onlyAs('array', json)}) with ordinality assay(item, place) where assay.item is not null order by assay.place offset ${at} limit 1)`

/** Its element with this number, from 0; where it has not so many, the first. */
export const elementOf = (sql: string, at: number, path: readonly string[] = []): string => {
  const json = asJson(sql, path)
  return at === 0 ? itemAt(json, 0) : `coalesce(${itemAt(json, at)}, ${itemAt(json, 0)})`
}

/** What a document has under these keys. */
export const pathOf = (sql: string, path: readonly string[]): string => `(${asJson(sql, path)} #>> '{}')`

const asArray = (item: string): string =>
  `'{"' || pg_catalog.replace(pg_catalog.replace(${item}, '\\', '\\\\'), '"', '\\"') || '"}'`

/** A key of a document, or an element of its list. `isList`: as an array of one. */
export const keyOf = (sql: string, at: number, isList = false): string => {
  const json = asJson(sql)
  const key = `(select assay.name from pg_catalog.jsonb_object_keys(${onlyAs('object', json)}) assay(name) offset ${at} limit 1)`
  const found = `coalesce(${key}, ${elementOf(sql, at)})`
  return isList ? asArray(found) : found
}

/** Something that it contains and that is of its own type: an array of one element, one key of a document, all of a range. */
export const wholeOf = (sql: string): string => {
  const json = asJson(sql)
  const isDocument = `pg_catalog.pg_typeof(${sql})::text in ('json', 'jsonb')`
  const member = `(select pg_catalog.jsonb_build_object(assay.name, assay.item)::text from pg_catalog.jsonb_each(${onlyAs('object', json)}) assay(name, item) limit 1)`
  const element = `(select pg_catalog.jsonb_build_array(assay.item)::text from pg_catalog.jsonb_array_elements(${onlyAs('array', json)}) assay(item) limit 1)`
  return `(case when ${isDocument} then coalesce(${member}, ${element}, (${sql})::text)
    when pg_catalog.jsonb_typeof(${json}) = 'array' then ${asArray(itemAt(json, 0))}
    else (${sql})::text end)`
}

/** The bounds of a range, as its text has them. */
export const lowerOf = (sql: string): string => `pg_catalog.substring((${sql})::text, '^[\\[(]"?([^",]+)')`
export const upperOf = (sql: string): string =>
  `pg_catalog.substring((${sql})::text, ',"?([^",)\\]]+)"?[)\\]]$')`

const runLength = 5

/** Letters and digits that stand side by side, at the start of a text or where they come first. */
export const runOf = (sql: string, isStart: boolean): string =>
  isStart
    ? `nullif(pg_catalog.left((${sql})::text, ${runLength}), '')`
    : `pg_catalog.substring((${sql})::text, '[[:alnum:]]{1,${runLength}}')`

/** So many of a row are tried. */
const mostWords = 4

interface WordWish {
  readonly vector: string
  /** The text that the vector is made of; null: only the vector is there. */
  readonly text: string | null
  /** What is searched for, with this column in place of its word. */
  readonly query: (column: string) => string
}

/** Signs that mean something in a query of words: no word with one of them is tried. */
const signs = String.raw`[&|!():*<>''"\\]`

const searched = 'assay_word'

/** A long word of a row that the row is found by, as its text has it, else as its vector has. */
export const wordOf = ({ vector, text, query }: WordWish): string => {
  const isVector = `pg_catalog.pg_typeof(${vector}) = 'pg_catalog.tsvector'::pg_catalog.regtype`
  const stems = `select lexeme, 1 from pg_catalog.unnest(case when ${isVector} then (${vector})::text::pg_catalog.tsvector else pg_catalog.to_tsvector((${vector})::text) end)`
  const words =
    text === null
      ? ''
      : `select pg_catalog.btrim(token, '.,;?-–'), 0 from pg_catalog.regexp_split_to_table((${text})::text, '\\s+') token union all `
  return `(select ${searched} from (
      select ${searched}, nth from (${words}${stems}) found(${searched}, nth)
       where ${searched} !~ '${signs}' and ${searched} <> ''
       order by nth, pg_catalog.length(${searched}) desc, ${searched} limit ${mostWords}
    ) tried
     where (${vector}) @@ (${query(searched)})
     order by nth, pg_catalog.length(${searched}) desc, ${searched} limit 1)`
}
