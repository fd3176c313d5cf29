/** Experiments as they are exported, and what Assay's own runner sees of the same ones: the oracle of the scripts. */
import { expect } from 'vitest'
import type { Architecture } from '../../src/architecture/architecture.ts'
import type { Address } from '../../src/postgres/address.ts'
import type { Server } from '../../src/postgres/server.ts'
import type { ExportedArchitecture } from '../../src/project/export-project.ts'
import { differenceFrom } from '../../src/prove/judge.ts'
import { prove } from '../../src/prove/prove.ts'
import { runExperiments } from '../../src/prove/runner.ts'
import { exportedChecks } from '../../src/report/exported-checks.ts'
import { printable } from '../../src/report/printable.ts'
import type { Experiment } from '../../src/rules/experiment.ts'

export interface Exported extends ExportedArchitecture {
  readonly server: Server
  /** The migrated database. */
  readonly template: string
}

export const exportOn = async (
  server: Server,
  template: string,
  architecture: Architecture,
): Promise<Exported> => {
  const { rules } = await prove({
    architecture,
    server,
    template,
    steps: ['green'],
    only: [],
    startSeconds: 0,
  })
  return { name: architecture.name, major: server.major, owner: server.owner, rules, server, template }
}

/** A copy of the migrated database, changed by its owner; its administrator's address. */
export const copyOf = async (
  { server, template }: Exported,
  changes: readonly string[] = [],
): Promise<Address> => {
  const database = await server.clone(template, 'copy')
  const owner = await server.connect(database, 'owner')
  if (changes.length > 0) await owner.query(changes.join(';\n'))
  await owner.end()
  const administrator = await server.connect(database, 'administrator')
  await administrator.end()
  return administrator.address
}

const titleOf = ({ id, title }: Experiment): string => printable(`${id}: ${title}`).replaceAll(/\s+/gu, ' ')

/** Titles of the exported experiments that do not hold after these changes, as Assay itself sees them. */
export const failingInAssay = async (
  exported: Exported,
  changes: readonly string[],
): Promise<readonly string[]> => {
  const { server, template, owner, rules } = exported
  const checks = exportedChecks(exported).rules.flatMap((rule) => rule.checks)
  const titles = new Set(checks.flatMap((check) => ('reason' in check ? [] : [check.title])))
  const experiments = rules
    .flatMap((rule) => rule.experiments.map(({ experiment }) => experiment))
    .filter((experiment) => titles.has(titleOf(experiment)))
  expect(experiments).toHaveLength(titles.size)
  const prover = await server.connect(template, 'prover')
  await prover.query(`set client_min_messages = error; set timezone = 'UTC'`)
  const { ddlFault, observations } = await runExperiments(prover, owner, changes, experiments)
  await prover.end()
  expect(ddlFault).toBeNull()
  return experiments.flatMap((experiment, i) =>
    differenceFrom(experiment, observations[i]!) === null ? [] : [titleOf(experiment)],
  )
}
