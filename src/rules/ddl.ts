/** What the designs of several kinds share: a table's name from its id, ALTER TABLE, and readable constraint names. */
import { createHash } from 'node:crypto'
import type { RelationName } from '../ground/names.ts'
import { ident, qualified, unquoted } from '../postgres/quote.ts'

const idPattern = /^(?:(?<schema>"(?:[^"]|"")*"|[^."]+)\.)?(?<name>"(?:[^"]|"")*"|[^."]+)$/u

/** The relation that an id such as `products`, `sales.orders` or `sales."a.b"` names. */
export const relationOfId = (id: string): RelationName => {
  const groups = idPattern.exec(id)?.groups
  if (!groups?.['name']) return { schema: 'public', name: id }
  return { schema: unquoted(groups['schema'] ?? 'public'), name: unquoted(groups['name']) }
}

export const tableText = (id: string): string => qualified(relationOfId(id))

export const alterTable = (id: string, change: string): string => `alter table ${tableText(id)} ${change};`

export const alterColumn = (id: string, column: string, change: string): string =>
  alterTable(id, `alter column ${ident(column)} ${change}`)

/** PostgreSQL cuts names at this many bytes, which could make two of them one. */
const longestName = 63

/** The name itself, or one that fits and ends in a digest of the whole; `room`: bytes that something behind it takes. */
export const fittedName = (whole: string, room = 0): string => {
  if (Buffer.byteLength(whole) + room <= longestName) return whole
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 8)
  let head = whole
  while (Buffer.byteLength(`${head}_${digest}`) + room > longestName)
    head = Array.from(head).slice(0, -1).join('')
  return `${head}_${digest}`
}

/** `products_tenant_id_slug_key`; a longer one than PostgreSQL keeps ends in a digest of the whole. */
export const structureName = (table: string, ...parts: readonly string[]): string => {
  const words = parts.map((p) => p.replaceAll(/[^\p{L}\p{N}_]+/gu, '_').replaceAll(/^_+|_+$/gu, ''))
  return fittedName([relationOfId(table).name, ...words].filter((w) => w !== '').join('_'))
}

export type Deferrable = 'no' | 'immediate' | 'deferred'

/** What stands at the end of a constraint's DDL for it. */
export const deferrableText = (deferrable: Deferrable): string =>
  ({ no: '', immediate: ' deferrable initially immediate', deferred: ' deferrable initially deferred' })[
    deferrable
  ]
