/** What a reviewer would say of an adopted database; its own rows are asked where they may be read. */
import { adoptionFindings } from '../adopt/findings/adoption-findings.ts'
import type { Catalog } from '../catalog/structure.ts'
import { AssayError } from '../ground/errors.ts'
import type { Session } from '../postgres/session.ts'
import type { Finding } from '../prove/result.ts'
import type { LiveDatabase } from './adopt-live.ts'

const unread = ({ found, mend }: AssayError): Finding => ({
  code: 'adopt.rows-unread',
  severity: 'note',
  summary: 'the rows of the database could not be asked',
  why: `${found ?? 'this role may not read them'}; whether rows break a constraint that is not validated, and how near their end sequences are, is not known`,
  fix: mend,
})

/** Where more is known than the copy shows: the database itself, or the one that the SQL made. */
export interface Originals {
  readonly live: LiveDatabase | null
  readonly loaded: Session | null
}

/** `copy`: a session of the owner on Assay's copy, inside no transaction. */
export const betterFindings = async (
  copy: Session,
  catalog: Catalog,
  { live, loaded }: Originals,
): Promise<readonly Finding[]> => {
  if (live === null) return adoptionFindings(copy, catalog, loaded === null ? {} : { numbers: loaded })
  try {
    return await adoptionFindings(copy, catalog, { source: live.db })
  } catch (cause) {
    const fault = live.explain(cause)
    if (!(fault instanceof AssayError)) throw cause
    return [unread(fault), ...(await adoptionFindings(copy, catalog))]
  }
}
