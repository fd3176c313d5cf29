/** Whether a migration came to its end: what is judged there is not judged of half of it. */
import type { MigrationTrace } from './trace.ts'

export const isRefused = ({ statements }: MigrationTrace): boolean =>
  statements.some(({ fault }) => fault !== null)
