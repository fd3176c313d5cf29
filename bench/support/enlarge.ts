/**
 * The proof of many generated tables, made from the real proof of ten: proving hundreds takes minutes, and a report of
 * them looks the same. `generate` makes groups of ten alike tables, so that a group is the ten under other names.
 */
import type { ProjectProof } from '../../src/project/prove-project.ts'
import { startServer } from '../../src/postgres/start.ts'
import { prove } from '../../src/prove/prove.ts'
import type { ProveResult, ProveSummary } from '../../src/prove/result.ts'
import { generate } from './generate.ts'

export const proveTen = async (): Promise<ProveResult> => {
  const server = await startServer({})
  try {
    const { migration, architecture } = generate(10)
    const template = await server.createDatabase('report')
    const owner = await server.connect(template, 'owner')
    await owner.query(migration)
    await owner.end()
    await server.admitRoles()
    const steps = ['green', 'red', 'mutate'] as const
    return await prove({ architecture, server, template, steps, only: [], startSeconds: 0 })
  } finally {
    await server.stop()
  }
}

/** t0007 of group 12 is t0127. */
const groupOf = (text: string, group: number): ProveResult =>
  JSON.parse(
    text.replaceAll(/t000(\d)/gu, (_, digit: string) => `t${String(group).padStart(3, '0')}${digit}`),
  ) as ProveResult

const times = (summary: ProveSummary, n: number): ProveSummary => ({
  ...summary,
  tables: summary.tables * n,
  structures: summary.structures * n,
  rules: summary.rules * n,
  experiments: summary.experiments * n,
  red: summary.red * n,
  green: summary.green * n,
  mutants: Object.fromEntries(
    Object.entries(summary.mutants).map(([verdict, count]) => [verdict, count * n]),
  ) as unknown as ProveSummary['mutants'],
})

/** `tables` is a multiple of ten. */
export const enlarge = (ten: ProveResult, tables: number): ProjectProof => {
  const text = JSON.stringify(ten)
  const groups = Array.from({ length: tables / 10 }, (_, group) => groupOf(text, group))
  const result: ProveResult = {
    ...ten,
    architecture: `${tables} tables`,
    tables: groups.flatMap((group) => group.tables),
    rules: groups.flatMap((group) => group.rules),
    structures: groups.flatMap((group) => group.structures),
    findings: groups.flatMap((group) => group.findings),
    diagram: groups.flatMap((group) => group.diagram ?? []),
    summary: times(ten.summary, groups.length),
  }
  const ledger = { directory: '/', whole: false, written: [], removed: [] }
  return { proofs: [{ result, ledger }], ok: true, asked: { command: 'prove', only: [] } }
}
