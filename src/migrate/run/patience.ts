/** How long is waited for a lock that others hold, before it is asked for again. */

export const backoffMs = (attempt: number): number => Math.min(30_000, 500 * 2 ** (attempt - 1))

/** Behind it a person is told what is waited for: most is through by then, and costs no second session. */
const patienceMs = 2000

/** After how long it is looked who is in the way. */
export const lookAfterMs = (tries: number, retries: number): number =>
  tries > 1 || retries === 0 ? 0 : patienceMs
