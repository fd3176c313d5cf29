/**
 * The first pages of indexes, where a B-tree keeps its height and a GIN index the sizes of its parts: the planner reads
 * both. Only a superuser may read files; for anybody else heights follow from the index's size (index-model.ts).
 */
import { literal } from '../../postgres/quote.ts'
import type { Session } from '../../postgres/session.ts'
import { headLength, readBtreeHeight, readGinSizes } from './index-pages.ts'
import type { IndexHead } from './statistics.ts'

export const noHead: IndexHead = { height: null, gin: null }

const mayReadSql = `select pg_catalog.has_function_privilege('pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean)', 'execute') as may`

export const readHeads = async (
  db: Session,
  indexes: readonly { readonly oid: number; readonly method: string; readonly file: string | null }[],
): Promise<ReadonlyMap<number, IndexHead>> => {
  const [answer] = await db.json<{ readonly may: boolean }>(mayReadSql)
  const files = indexes.filter(
    ({ method, file }) => file !== null && (method === 'btree' || method === 'gin'),
  )
  if (answer?.may !== true || files.length === 0) return new Map()
  const list = files.map(({ oid, file }) => `(${oid}, ${literal(file)})`).join(', ')
  const pages = await db.json<{ readonly oid: number; readonly page: string | null }>(
    `select f.oid, pg_catalog.encode(pg_catalog.pg_read_binary_file(f.file, 0, ${headLength}, true), 'hex') as page
       from (values ${list}) f (oid, file)`,
  )
  const found = new Map(pages.map(({ oid, page }) => [oid, page === null ? null : Buffer.from(page, 'hex')]))
  return new Map(
    files.map(({ oid, method }) => {
      const page = found.get(oid) ?? null
      if (page === null || page.length < headLength) return [oid, noHead]
      return [
        oid,
        method === 'btree'
          ? { ...noHead, height: readBtreeHeight(page) }
          : { ...noHead, gin: readGinSizes(page) },
      ]
    }),
  )
}
