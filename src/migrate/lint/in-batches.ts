/** How rows are written without a lock that lasts: the command for the very statement. */
import { shellCommand } from '../../ground/shell-word.ts'

const says =
  'Take it out of the migration, and write the rows in batches by key, each a transaction of its own'

/** `statement`: without its semicolon. */
export const inBatches = (statement: string): string =>
  /^\s*(?:update|delete|insert)\b/iu.test(statement)
    ? `${says}, once the migration before it has run:\n${shellCommand('assay', 'migrate', 'backfill', '--sql', statement.trim())} --url …`
    : `${says} that takes up where the last one ended.`
