/** PostgreSQL does not read every text that it prints back as what it was: DDL that is written from the catalog says it so that it does. */
import { withArrayTypes } from './array-casts.ts'
import { withBetween } from './between.ts'

export const asReadBack = (sql: string): string => withBetween(withArrayTypes(sql))
