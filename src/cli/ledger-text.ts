/** What became of the ledger, in one line. */
import type { LedgerOutcome, ProofCommand } from '../project/prove-project.ts'
import { fromHere } from './paths.ts'

const files = (n: number): string => `${n} file${n === 1 ? '' : 's'}`

/** Null for commands that never write it. */
export const ledgerText = (
  command: ProofCommand,
  { only = [], operators }: { readonly only?: readonly string[]; readonly operators?: string },
  { directory, whole, written, removed }: LedgerOutcome,
): string | null => {
  if (command !== 'prove') return null
  const place = fromHere(directory)
  if (!whole)
    return `${place} stays as it is: ${only.length > 0 ? '--only looks at a part' : operators === undefined ? 'it records what is proven' : '--operators looks at a part'}`
  if (written.length + removed.length === 0) return `${place} says the same already`
  const parts = [
    ...(written.length > 0 ? [`${files(written.length)} written`] : []),
    ...(removed.length > 0 ? [`${files(removed.length)} removed`] : []),
  ]
  return `${parts.join(', ')} in ${place}: commit it`
}
