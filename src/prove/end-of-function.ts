/** How a function of the declaration ended: a proof, or a call that sends several statements. */
import { ownFault, type PgFault } from '../postgres/fault.ts'

/** One that neither ends nor asks anything is given up after this long. */
const longestMilliseconds = 60_000

/** What is no refusal of PostgreSQL's reads like a failed assertion. */
const failedAssertion = (thrown: unknown): PgFault =>
  ownFault('P0004', thrown instanceof Error ? thrown.message : String(thrown))

/** Null: it ended. Else that it took too long, or what it threw: `refusal` finds what PostgreSQL said in that. */
export const endOfFunction = async (
  what: 'call' | 'proof',
  run: () => Promise<unknown>,
  refusal: (thrown: unknown) => PgFault | null = () => null,
): Promise<PgFault | null> => {
  let timer: NodeJS.Timeout | undefined
  const tooLong = new Promise<PgFault>((resolve) => {
    const message = `the ${what} did not end within ${longestMilliseconds / 1_000} seconds`
    timer = setTimeout(() => resolve(ownFault('57014', message)), longestMilliseconds)
  })
  // Through an async function, so that one that throws before its first await is caught, too.
  const ended = (async () => run())().then(
    () => null,
    (thrown: unknown) => refusal(thrown) ?? failedAssertion(thrown),
  )
  try {
    return await Promise.race([ended, tooLong])
  } finally {
    clearTimeout(timer)
  }
}
