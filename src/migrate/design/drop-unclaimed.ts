/** Takes away what no rule asks for, in the target, as far as PostgreSQL lets it go without anything else. */
import type { Architecture } from '../../architecture/architecture.ts'
import { readCatalog } from '../../catalog/read-catalog.ts'
import type { Catalog, Structure } from '../../catalog/structure.ts'
import { structureId } from '../../ground/names.ts'
import type { Session } from '../../postgres/session.ts'
import { isAskedFor } from '../../prove/asked.ts'
import { bind } from '../../prove/bind.ts'
import { isLeftAlone, statedBy } from '../../prove/left-alone.ts'
import type { Finding } from '../../prove/result.ts'
import type { Change } from '../changes/change.ts'
import { stepsOf } from '../changes/kinds.ts'
import { inColumn } from '../changes/table.ts'
import { runTasks, type Refused, type Task } from './run-tasks.ts'

interface DropWish {
  readonly architecture: Architecture
  readonly only: readonly string[]
  readonly owner: string
}

const removal = (structure: Structure): Change => ({
  id: structure.id,
  kind: structure.kind,
  table: structure.table,
  does: 'remove',
  before: structure,
  after: null,
  covers: [structure.id],
})

/** What goes with its table or column is not dropped by itself. */
const goesWith = (structure: Structure, all: ReadonlySet<string>): boolean => {
  const { table, kind, name } = structure
  if (table === null) return false
  if (kind !== 'table' && all.has(structureId(table, 'table'))) return true
  return inColumn.has(kind) && all.has(structureId(table, 'column', name))
}

const taskOf = (structure: Structure, catalog: Catalog, owner: string): Task => ({
  id: structure.id,
  statements: stepsOf(removal(structure), {
    before: catalog,
    after: catalog,
    owner,
    online: false,
    isVolatile: () => false,
  }).map(({ sql }) => sql),
})

const notDropped = ({ task, fault }: Refused): Finding => ({
  code: 'design.not-dropped',
  severity: 'warning',
  structure: task.id,
  summary: `${task.id}: no rule asks for it, and it cannot go: ${fault.message}`,
  why: 'something that rules ask for stands on it, or PostgreSQL keeps it',
  fix: `declare the rule that needs it, or drop it by hand:\n${task.statements.join(';\n')};`,
})

/** What was left standing. `db` is the owner's, on a database that nobody else knows. */
export const dropUnclaimed = async (db: Session, wish: DropWish): Promise<readonly Finding[]> => {
  const { architecture, only, owner } = wish
  const catalog = await readCatalog(db)
  const binding = await bind(architecture, catalog, db)
  const stated = statedBy(binding.rules)
  const unclaimed = [...catalog.structures.values()].filter(
    (s) =>
      !binding.claimedBy.has(s.id) &&
      !isLeftAlone(s, catalog, architecture, stated) &&
      isAskedFor(s.id, s.table, only),
  )
  const ids = new Set(unclaimed.map(({ id }) => id))
  const tasks = unclaimed
    .filter((structure) => !goesWith(structure, ids))
    .toReversed()
    .map((structure) => taskOf(structure, catalog, owner))
  const { refused } = await runTasks(db, tasks)
  return refused.map(notDropped)
}
