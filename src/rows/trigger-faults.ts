/** Which functions a refusal came through, as PostgreSQL's context of a fault names them, innermost first. Pure. */
import type { PgFault } from '../postgres/fault.ts'
import { unquoted } from '../postgres/quote.ts'

export interface CalledFunction {
  /** null: it stands on the search_path. */
  readonly schema: string | null
  readonly name: string
}

const part = String.raw`(?:"(?:[^"]|"")+"|[^\s"(.]+)`
const frames = new RegExp(
  String.raw`^(?:PL\/pgSQL function|SQL function|PL\/Perl function|PL\/Python function) (?:(${part})\.)?(${part})(?=\(| statement|$)`,
  'u',
)

/** Functions of the context, the one that raised the fault first. */
export const functionsOf = ({ context }: Pick<PgFault, 'context'>): readonly CalledFunction[] =>
  (context ?? '').split('\n').flatMap((line) => {
    const found = frames.exec(line)
    return found
      ? [{ schema: found[1] === undefined ? null : unquoted(found[1]), name: unquoted(found[2]!) }]
      : []
  })

/** Written into the function: text that EXECUTE runs may depend on the row. */
const isWrittenOut = ({ context }: PgFault): boolean =>
  !/\bat EXECUTE\b/u.test(/^.*function.*$/mu.exec(context ?? '')?.[0] ?? '')

/**
 * A function that cannot run in this database, whatever the row: what it calls, reads or names is missing. 42501 is a
 * matter of roles.
 */
export const isBroken = (fault: PgFault): boolean =>
  /^(?:42(?!501)|3F)/u.test(fault.sqlstate) && functionsOf(fault).length > 0 && isWrittenOut(fault)

export const saidOf = ({ message, sqlstate }: PgFault): string => `${message} (SQLSTATE ${sqlstate})`

/** What a refusal says, and where: the same again is no progress. */
export const answerOf = (fault: PgFault): string => `${saidOf(fault)} ${fault.context ?? ''}`
