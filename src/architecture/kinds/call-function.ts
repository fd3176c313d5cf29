/** A call that sends several statements, over a Kysely that is not known yet whose it will be. */
import type { Kysely } from 'kysely'

export type CallFunction = (db: Kysely<unknown>, parameters: unknown) => Promise<unknown>
