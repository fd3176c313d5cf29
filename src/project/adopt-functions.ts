/** What the functions of an adopted copy answer and do, as the prover sees it; nothing is left behind. */
import { observeFunctions } from '../adopt/calls/observe-functions.ts'
import type { ObservedFunction } from '../adopt/calls/observed-function.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { OnProgress } from './migrated.ts'

/** `whole`: all that the database has; `own`: what is adopted of it. */
export const observeCalls = async (
  server: Server,
  database: string,
  { whole, own }: { readonly whole: Catalog; readonly own: Catalog },
  onProgress: OnProgress,
): Promise<readonly ObservedFunction[]> => {
  const db = await server.connect(database, 'prover')
  try {
    return await observeFunctions(
      db,
      whole,
      (id) => own.structures.has(id),
      (_, done, of) => onProgress('calling functions', done, of),
    )
  } finally {
    await db.end()
  }
}
