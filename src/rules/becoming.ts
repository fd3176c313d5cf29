/** Somebody for the rest of a transaction. */
import { ident } from '../postgres/quote.ts'
import { setLocally } from '../postgres/set-local.ts'
import type { Asker } from './experiment.ts'

/** Settings first, because the role may not be allowed to call set_config. */
export const becoming = ({ role, settings }: Asker): readonly string[] => [
  ...setLocally(settings),
  `set local role ${ident(role)}`,
]
