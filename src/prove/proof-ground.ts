/**
 * What proofs of one migrated database stand on: its catalog, the clones that experiments run in, the clone with rows
 * for plans. prove.ts makes one and lets it go; whoever proves again and again (watch) keeps it.
 */
import type { Architecture } from '../architecture/architecture.ts'
import { readCatalog } from '../catalog/read-catalog.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Server } from '../postgres/server.ts'
import type { Rows } from '../rows/rows.ts'
import type { Unsolved } from '../rules/experiment.ts'
import { bind, type Binding } from './bind.ts'
import { declarationDigest } from './digest.ts'
import { openFilledClones } from './filled-clones.ts'
import { makePlanClone } from './plan-clone.ts'
import type { ProveResult } from './result.ts'
import { serverFacts } from './server-facts.ts'
import { openWorkplace, type Workplace } from './workplace.ts'
import type { TestedRule } from './write-tests.ts'

export interface ProofGround {
  readonly catalog: Catalog
  readonly facts: ProveResult['server']
  /** As many as `widen` was asked for. */
  readonly places: readonly Workplace[]
  /** Makes sure of so many workplaces. */
  widen(workers: number): Promise<void>
  /** What the rules claim here; asked once for an architecture. Needs a workplace. */
  bind(architecture: Architecture): Promise<Binding>
  /** Rows for the functions of t.proves(…), from now on. */
  useRows(rows: Rows): void
  /** Loads rows for the plans that these rules ask for, unless they are there; the rules say what could not be loaded. */
  load(rules: readonly TestedRule[]): Promise<readonly TestedRule[]>
  /** The clone with those rows; null: no rule asked for a plan. */
  loadedDatabase(): string | null
  /** Drops all clones; the template stays. */
  close(): Promise<void>
}

interface Loaded {
  readonly database: string
  /** Rule id → what it was when it was loaded for, and what could not be loaded for it. */
  readonly rules: ReadonlyMap<string, { readonly digest: string; readonly unsolved: readonly Unsolved[] }>
}

const asksForPlans = (rule: TestedRule): boolean => rule.experiments.some((e) => e.on === 'loaded')

/** The catalog of a workplace's clone, which is the template's: two sessions read it. */
const readPlace = async (
  server: Server,
  place: Workplace,
): Promise<Pick<ProofGround, 'catalog' | 'facts'>> => {
  const beside = await server.connect(place.main.address.database, 'prover')
  try {
    return { catalog: await readCatalog(place.main, beside), facts: await serverFacts(place.main) }
  } finally {
    await beside.end()
  }
}

/**
 * `template`: a database with the migrations applied; nobody is connected to it. `workers`: as many workplaces as will
 * be asked for; those after the first are made while its catalog is read.
 */
export const openGround = async (server: Server, template: string, workers = 2): Promise<ProofGround> => {
  let read: Pick<ProofGround, 'catalog' | 'facts'> | null = null
  let rows: Rows | null = null
  let loaded: Loaded | null = null
  const filled = openFilledClones(server, template)
  const openPlace = (number: number): Promise<Workplace> =>
    openWorkplace({
      server,
      template,
      get catalog() {
        return read!.catalog
      },
      label: `prove-${number}`,
      rows: () => rows!,
      loaded: () => loaded?.database ?? null,
      filledFor: (call) => filled.of(call),
    })
  const first = await openPlace(1)
  const coming = Array.from({ length: Math.max(0, workers - 1) }, (_, i) => openPlace(i + 2))
  // Whoever asks for one is told why there is none.
  for (const place of coming) place.catch(() => undefined)
  const places: Workplace[] = [first]
  const { catalog, facts } = (read = await readPlace(server, first))
  filled.use(catalog)
  let bound: { readonly architecture: Architecture; readonly binding: Promise<Binding> } | null = null

  const serves = ({ rules }: Loaded, rule: TestedRule): boolean =>
    rules.get(rule.rule.id)?.digest === declarationDigest(rule.rule)

  const loadAnew = async (rules: readonly TestedRule[]): Promise<readonly TestedRule[]> => {
    const before = loaded
    const made = await makePlanClone(server, template, catalog, rules)
    const entries = made.rules.flatMap((rule, i) => {
      const own = rules[i]!
      const unsolved = rule.unsolved.slice(own.unsolved.length)
      return asksForPlans(own)
        ? [[own.rule.id, { digest: declarationDigest(own.rule), unsolved }] as const]
        : []
    })
    loaded = made.database === null ? null : { database: made.database, rules: new Map(entries) }
    if (before) await server.dropDatabase(before.database)
    return made.rules
  }

  const loadPlans = async (rules: readonly TestedRule[]): Promise<readonly TestedRule[]> => {
    const kept = loaded
    const asking = rules.filter(asksForPlans)
    if (asking.length === 0) return rules
    if (kept === null || !asking.every((rule) => serves(kept, rule))) return loadAnew(rules)
    return rules.map((rule) => {
      const unsolved = asking.includes(rule) ? kept.rules.get(rule.rule.id)!.unsolved : []
      return unsolved.length === 0 ? rule : { ...rule, unsolved: [...rule.unsolved, ...unsolved] }
    })
  }

  return {
    catalog,
    facts,
    places,
    async widen(wanted) {
      while (places.length < wanted) places.push(await (coming.shift() ?? openPlace(places.length + 1)))
    },
    bind(architecture) {
      if (bound?.architecture !== architecture)
        bound = { architecture, binding: bind(architecture, catalog, places[0]!.main) }
      return bound.binding
    },
    useRows(made) {
      rows = made
    },
    async load(rules) {
      return filled.fill(await loadPlans(rules), bound?.architecture.volumes ?? {})
    },
    loadedDatabase: () => loaded?.database ?? null,
    async close() {
      const late = await Promise.allSettled(coming.splice(0))
      const open = [...places.splice(0), ...late.flatMap((p) => (p.status === 'fulfilled' ? p.value : []))]
      await Promise.all(open.map((place) => place.close()))
      if (loaded !== null) await server.dropDatabase(loaded.database)
      loaded = null
      await filled.close()
    },
  }
}
