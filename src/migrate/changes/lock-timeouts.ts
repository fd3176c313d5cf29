/** How long a statement of a migration waits for a lock before it gives up and is run again. As SQL writes them. */

/** Longer than this nobody waits for a lock: those who come after would wait as well. */
export const lockTimeout = `'3s'`

/**
 * Below deadlock_timeout, after which PostgreSQL looks for circles and may end a writer's transaction: a migration that
 * waits with a lock in its hand gives way first, and is run again.
 */
export const lockTimeoutOfSeveral = `'500ms'`
