/** Kysely over whatever sends statements: what a declared function is handed. */
import { createRequire } from 'node:module'
import type * as KyselyModule from 'kysely'
import type { DatabaseConnection, Kysely } from 'kysely'

/** What a driver gives back for one statement. */
export interface Sent {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows written; null for a statement that writes none. */
  readonly affected: number | null
}

export type SendStatement = (sql: string, parameters: readonly unknown[]) => Promise<Sent>

const done = (): Promise<void> => Promise.resolve()

/** Transactions inside of it are part of the call's own. */
export const databaseOver = (send: SendStatement): Kysely<unknown> => {
  const kysely = createRequire(import.meta.url)('kysely') as typeof KyselyModule
  const connection: DatabaseConnection = {
    executeQuery: async <R>({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) => {
      const { rows, affected } = await send(sql, parameters)
      return {
        rows: [...rows] as R[],
        ...(affected === null ? {} : { numAffectedRows: BigInt(affected) }),
      }
    },
    streamQuery: () => {
      throw new Error('a declared call cannot stream: fetch the rows with execute()')
    },
  }
  return new kysely.Kysely<unknown>({
    dialect: {
      createAdapter: () => new kysely.PostgresAdapter(),
      createIntrospector: (db) => new kysely.PostgresIntrospector(db),
      createQueryCompiler: () => new kysely.PostgresQueryCompiler(),
      createDriver: () => ({
        init: done,
        acquireConnection: () => Promise.resolve(connection),
        beginTransaction: done,
        commitTransaction: done,
        rollbackTransaction: done,
        releaseConnection: done,
        destroy: done,
      }),
    },
  })
}
