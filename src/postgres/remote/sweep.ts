/** Finds runs on a server of the user's whose process is gone, and takes away what they left. */
import { literal } from '../quote.ts'
import { anyMarker, applicationOf, runOfMarker } from './marker.ts'
import { removeRun } from './remove.ts'
import type { Session } from '../session.ts'

const markedRoles = `
select distinct pg_catalog.shobj_description(r.oid, 'pg_authid') as marker
  from pg_catalog.pg_roles r
 where pg_catalog.shobj_description(r.oid, 'pg_authid') like ${literal(anyMarker)}
 order by 1`

const isLiving = (run: string): string => `
select from pg_catalog.pg_stat_activity where application_name = ${literal(applicationOf(run))}`

export const sweepRemote = async (admin: Session, major: number): Promise<void> => {
  for (const { marker } of await admin.json<{ readonly marker: string }>(markedRoles)) {
    const run = runOfMarker(marker)
    if (run === null || (await admin.json(isLiving(run))).length > 0) continue
    await removeRun(admin, run, major, { force: false })
  }
}
