/**
 * The clones whose tables are filled for declared calls, every key, foreign key, CHECK and trigger live: one for each
 * filling, so that what a call meets depends on no other call that somebody declares.
 */
import type { Architecture } from '../architecture/architecture.ts'
import type { Catalog } from '../catalog/structure.ts'
import { qualified } from '../postgres/quote.ts'
import type { Server } from '../postgres/server.ts'
import { fillDatabase } from '../rows/volume/fill-database.ts'
import type { Call } from '../rules/experiment.ts'
import type { TestedRule } from './write-tests.ts'

export interface FilledClone {
  readonly database: string
  /** Nobody is ever connected to it: crowds run on clones of it. Null: there are no crowds. */
  readonly untouched: string | null
  /** Why tables could not be filled, by relation id. */
  readonly problems: ReadonlyMap<string, string>
}

type Volumes = NonNullable<Architecture['volumes']>

export interface FilledClones {
  /** Fills what these rules' calls ask for, unless it is there; the rules say what could not be filled. */
  fill(rules: readonly TestedRule[], volumes: Volumes): Promise<readonly TestedRule[]>
  of(call: Call): FilledClone | undefined
  close(): Promise<void>
}

const keyOf = ({ filled }: Call): string => JSON.stringify([...filled])

const callsOf = ({ experiments }: TestedRule): readonly Call[] =>
  experiments.flatMap(({ call }) => call ?? [])

const fill = async (
  server: Server,
  database: string,
  catalog: Catalog,
  call: Call,
  volumes: Volumes,
): Promise<ReadonlyMap<string, string>> => {
  const sizes = new Map(
    [...call.filled].flatMap(([id, { rows }]) => (rows === null ? [] : [[id, rows] as const])),
  )
  const few = (id: string): Readonly<Record<string, { readonly distinct: number }>> =>
    Object.fromEntries(
      Object.entries(call.filled.get(id)?.distinct ?? {}).map(([column, distinct]) => [column, { distinct }]),
    )
  const named = new Set([...call.filled.keys(), ...Object.keys(volumes)])
  // What the architecture says of its columns comes first.
  const columns = new Map([...named].map((id) => [id, { ...few(id), ...volumes[id]?.columns }]))
  const sessions = [
    await server.connect(database, 'prover'),
    await server.connect(database, 'prover'),
  ] as const
  const administrator = await server.connect(database, 'administrator')
  try {
    const { plan, problems } = await fillDatabase(sessions, catalog, { sizes, columns })
    for (const table of plan.tables) await administrator.query(`vacuum analyze ${qualified(table)}`)
    return new Map(
      problems.flatMap(({ kind, table, summary }) => (kind !== 'refused' ? [] : [[table, summary]])),
    )
  } finally {
    await Promise.all([...sessions, administrator].map((session) => session.end()))
  }
}

/** `template`: a database that nobody is connected to. */
export const openFilledClones = (
  server: Server,
  template: string,
): FilledClones & { use(catalog: Catalog): void } => {
  const clones = new Map<string, FilledClone>()
  let catalog: Catalog | null = null
  let drawn = ''

  const drop = async (key: string): Promise<void> => {
    const clone = clones.get(key)
    clones.delete(key)
    for (const database of [clone?.database, clone?.untouched])
      if (database != null) await server.dropDatabase(database)
  }

  const make = async (call: Call, isCrowd: boolean, volumes: Volumes): Promise<FilledClone> => {
    const database = await server.clone(template, 'filled')
    try {
      const problems = await fill(server, database, catalog!, call, volumes)
      const untouched = isCrowd ? await server.clone(database, 'untouched') : null
      return { database, untouched, problems }
    } catch (cause) {
      await server.dropDatabase(database)
      throw cause
    }
  }

  return {
    use(read) {
      catalog = read
    },
    async fill(rules, volumes) {
      const calls = rules.flatMap(callsOf)
      const keys = new Set(calls.map(keyOf))
      const spread = JSON.stringify(volumes)
      for (const key of clones.keys()) if (!keys.has(key) || spread !== drawn) await drop(key)
      drawn = spread
      for (const key of keys) {
        const own = calls.filter((call) => keyOf(call) === key)
        const isCrowd = own.some(({ writers }) => writers > 1)
        if (isCrowd && clones.get(key)?.untouched === null) await drop(key)
        if (!clones.has(key)) clones.set(key, await make(own[0]!, isCrowd, volumes))
      }
      return rules.map((rule) => {
        const [call] = callsOf(rule)
        const problems = call === undefined ? undefined : clones.get(keyOf(call))?.problems
        const table = (rule.rule.reads ?? [rule.rule.table]).find((id) => problems?.has(id))
        if (table === undefined) return rule
        const summary = `${table} could not be filled: ${problems!.get(table)}`
        const tried = 'rows by COPY with every constraint live'
        const mend = 'Say how the values of its columns are spread, with volumes in architecture(…).'
        return { ...rule, unsolved: [...rule.unsolved, { rule: rule.rule.id, summary, tried, mend }] }
      })
    },
    of: (call) => clones.get(keyOf(call)),
    async close() {
      for (const key of clones.keys()) await drop(key)
    },
  }
}
