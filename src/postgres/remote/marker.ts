/** How databases and roles that Assay made on a server of the user's are told from everybody else's. */
import { randomBytes } from 'node:crypto'
import { AssayError } from '../../ground/errors.ts'

/** Eight letters and digits; names and markers of one run share it. */
export const makeRunId = (): string => randomBytes(5).toString('hex').slice(0, 8)

const mark = 'Made by Assay for one run and dropped after it; run'

/** The COMMENT on what a run has made. */
export const markerOf = (run: string): string => `${mark} ${run}`

/** LIKE pattern of all markers. */
export const anyMarker = `${mark} %`

/** The run of a marker. */
export const runOfMarker = (comment: string): string | null =>
  comment.startsWith(`${mark} `) ? comment.slice(mark.length + 1) : null

/** The administrator's session of a run that lives carries this application_name. */
export const applicationOf = (run: string): string => `assay_${run}`

export const rolesOf = (run: string): { readonly owner: string; readonly prover: string } => ({
  owner: `assay_${run}_owner`,
  prover: `assay_${run}_prover`,
})

/** The owner of what migrations make, on Assay's own server. */
export const ownOwner = 'postgres'

/**
 * A role's name for what is kept: a run's owner, whose name is another in every run, is called as on Assay's own server.
 *
 * @example
 * keptName('assay_0f3c9d12_owner') // 'postgres'
 * keptName('app')                  // 'app'
 */
export const keptName = (role: string): string => (/^assay_[0-9a-f]{8}_owner$/u.test(role) ? ownOwner : role)

/** Never drops what this run did not make. */
export const notOurs = (name: string): AssayError =>
  new AssayError(`The database ${name} was not made by this run.`, {
    code: 'server.not-ours',
    exit: 4,
    asked: `to copy or drop the database ${name}`,
    found: 'a database that this run did not make',
    why: 'Assay works only in databases that it made itself',
    mend: 'Make it with createDatabase or clone of the same server object.',
  })
