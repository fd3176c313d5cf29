/** Measures every form of ddl-forms.ts on a server, by the lab of assay lint. */
import { loadParser } from '../../src/postgres/parse.ts'
import type { Server } from '../../src/postgres/server.ts'
import { measurementOf, type Measurement } from '../../src/migrate/lint/measurement.ts'
import type { DatabaseState } from '../../src/migrate/lint/database-state.ts'
import { readWholeState } from '../../src/migrate/lint/read-state.ts'
import { openLab, type OpenLab } from '../../src/migrate/lint/open-lab.ts'
import { runMigration } from '../../src/migrate/lint/run-migration.ts'
import { allForms, ddlSchema, type DdlForm } from './ddl-forms.ts'

/** By the form's SQL; a form that this server does not know is not in it. */
export type DdlMeasurements = ReadonlyMap<string, Measurement>

const measure = async (
  lab: OpenLab,
  form: DdlForm,
  trialOn: DatabaseState | null,
  refused: string[],
): Promise<Measurement> => {
  const steps = [{ kind: 'statement', text: form.sql, start: 0 } as const]
  const trace = await runMigration(
    lab,
    { inTransaction: true, steps, ...(trialOn ? { trialOn } : {}) },
    new Map(),
  )
  const [statement] = trace.statements
  if (statement!.fault !== null) refused.push(`${form.sql}: ${statement!.fault.message}`)
  return measurementOf(trace, statement!)
}

export const measureForms = async (
  server: Server,
  wanted: (form: DdlForm) => boolean = () => true,
): Promise<DdlMeasurements> => {
  await loadParser()
  const template = await server.createDatabase('ddl')
  const owner = await server.connect(template, 'owner')
  await owner.query(ddlSchema)
  await owner.end()
  await server.admitRoles()
  const forms = allForms.filter((form) => (form.since ?? 0) <= server.major && wanted(form))
  const measured = new Map<string, Measurement>()
  const refused: string[] = []
  const open = (): Promise<OpenLab> => openLab(server, template, () => Promise.resolve([]))
  const lab = await open()
  const state = await readWholeState(lab.runner, false)
  for (const form of forms.filter(({ alone }) => alone !== true))
    measured.set(form.sql, await measure(lab, form, state, refused))
  await lab.close()
  // What commits by itself changes its clone for good.
  for (const form of forms.filter(({ alone }) => alone === true)) {
    const own = await open()
    measured.set(form.sql, await measure(own, form, null, refused))
    await own.close()
  }
  if (refused.length > 0) throw new Error(`PostgreSQL ${server.major} refused\n${refused.join('\n')}`)
  return measured
}
