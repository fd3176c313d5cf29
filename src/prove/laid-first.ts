/**
 * Which worlds may stand before the DDL of a mutant: then one world serves many mutants. Nothing may tell the order: the
 * DDL is about other tables, and laying the world runs nothing of the user's that could look at those or write to them.
 */
import type { Catalog } from '../catalog/structure.ts'
import { ident } from '../postgres/quote.ts'
import type { World } from '../rules/experiment.ts'
import { plainInsertsOf, quotedRelation as relation, tablesOf } from './plain-inserts.ts'
import type { Trial } from './runner.ts'

const name = '"(?:[^"]|"")+"'

/** Of one table alone; what is said otherwise may be about any. */
const ddlForms: readonly RegExp[] = [
  new RegExp(`^alter table (?:only )?${relation} `, 'u'),
  new RegExp(`^(?:create|alter|drop) policy ${name} on ${relation}(?:$| )`, 'u'),
  new RegExp(`^comment on table ${relation} `, 'u'),
  new RegExp(`^comment on column ${relation}\\.${name} `, 'u'),
]

/** What other tables lose with it. */
const takesAlong = (sql: string): boolean =>
  /\bcascade\b/iu.test(sql.replaceAll(/\bon (?:update|delete) cascade\b/giu, ''))

/** Quoted, or null. */
const tableOfDdl = (sql: string): string | null => {
  if (takesAlong(sql)) return null
  for (const form of ddlForms) {
    const found = form.exec(sql)?.groups?.['relation']
    if (found !== undefined) return found
  }
  return null
}

const noRows: readonly string[] = []

/** In front of other DDL: views that go, whether rows stand below them or not. */
const viewForm = new RegExp(`^drop (?:materialized )?view ${relation}$`, 'u')

/** What of a trial is the same for many: laid first; and what is left to run then. */
type LaidTrial = Pick<Trial, 'laidFirst' | 'ddlOnLaid'>

/** Null where the world of all its experiments may not be laid before its DDL. */
export type LaidFirst = (trial: Trial) => LaidTrial | null

/** `owner`: the role that DDL runs as. */
export const openLaidFirst = (catalog: Catalog, owner: string): LaidFirst => {
  const plainInserts = plainInsertsOf(catalog)
  /** By their statements: tables of the world, where all of them are plain. */
  const known = new WeakMap<readonly string[], ReadonlySet<string> | null>()
  const tablesOfWorld = (statements: readonly string[]): ReadonlySet<string> | null => {
    const ready = known.get(statements)
    if (ready !== undefined) return ready
    const tables = plainInserts(statements)
    known.set(statements, tables)
    return tables
  }
  const worlds = new WeakMap<readonly string[], Map<string, World>>()
  /** The same one for the same views and the same world. */
  const withoutViews = ({ id, statements }: World, drops: readonly string[]): World => {
    const rows = statements.length === 0 ? noRows : statements
    const ofRows = worlds.get(rows) ?? new Map<string, World>()
    worlds.set(rows, ofRows)
    const key = drops.join(';')
    const known = ofRows.get(key)
    if (known) return known
    const made = {
      id,
      statements: [`set local role ${ident(owner)}`, ...drops, 'set local role none', ...rows],
    }
    ofRows.set(key, made)
    return made
  }
  return ({ ddl, experiments }) => {
    const world = experiments[0]?.world
    if (!world || !experiments.every((e) => e.world.statements === world.statements)) return null
    const count = ddl.findIndex((sql) => !viewForm.test(sql))
    const [drops, own] = [ddl.slice(0, Math.max(0, count)), ddl.slice(Math.max(0, count))]
    if (own.length === 0 || (world.statements.length === 0 && drops.length === 0)) return null
    const laid = tablesOfWorld(world.statements)
    const altered = laid && tablesOf(own, tableOfDdl)
    if (!laid || !altered || [...altered].some((table) => laid.has(table))) return null
    return { laidFirst: drops.length === 0 ? world : withoutViews(world, drops), ddlOnLaid: own }
  }
}
