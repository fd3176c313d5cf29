/**
 * The hashes of an audit log, as SQL: what triggers write and what the verifying command computes again are the same
 * text. A chain's link covers the link before it, everything about the statement, and the digest of its entries.
 */

/** Entries of so many rows stand in one row of the log: one hash, one insert. */
export const rowsPerChunk = 128

/** The digest of a chunk: over its count and the texts of both sides. `old` and `new` are SQL of type json. */
export const chunkDigest = (entries: string, old: string, new_: string): string =>
  `sha256(convert_to(concat_ws(E'\\n', ${entries}::text, coalesce(${old}::text, 'null'), coalesce(${new_}::text, 'null')), 'UTF8'))`

/** Of all chunks of a statement: an aggregate. */
export const statementDigest = (digest: string, chunk: string): string =>
  `sha256(string_agg(${digest}, '\\x'::bytea order by ${chunk}))`

/** Columns of a statement's entry that its hash covers, in order. Timestamps are read in UTC. */
const hashedColumns = [
  'lane',
  'number',
  'at',
  'clock',
  'transaction',
  'role',
  'login',
  'identity',
  'relation',
  'operation',
  'key_columns',
  'entries',
  'personal',
] as const

/** `of`: the alias of something with a statement's columns. */
export const linkHash = (of: string): string =>
  `sha256(${of}.previous || convert_to(jsonb_build_array(${hashedColumns
    .map((column) => `${of}."${column}"`)
    .join(', ')}, encode(${of}.digest, 'hex'))::text, 'UTF8'))`

/** What stands in the log in the place of a personal value. Nobody finds the value by trying once its salt is gone. */
export const commitment = (salt: string, value: string): string =>
  `'sha256:' || encode(sha256(convert_to(${salt}::text || ':' || ${value}, 'UTF8')), 'hex')`
