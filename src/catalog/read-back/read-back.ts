/** PostgreSQL does not read every text that it prints back as what it was: DDL that is written from the catalog says it so that it does. */
import { withArrayTypes } from './array-casts.ts'
import { withConjunctions } from './conjunctions.ts'

export const asReadBack = (sql: string): string => withConjunctions(withArrayTypes(sql))
