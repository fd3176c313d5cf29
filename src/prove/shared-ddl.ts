/**
 * DDL that several trials begin with: it runs once for all of them, each goes back to what it left. A key that mutants
 * replace is dropped once, and so are the foreign keys that stand on it.
 */

interface Left<T> {
  readonly trial: T
  /** What of its DDL is to run then. */
  readonly rest: readonly string[]
}

export interface SharedDdl<T> {
  /** What all of these trials begin with, after what they begin with above; empty at the top. */
  readonly ddl: readonly string[]
  /** Those that share nothing further. */
  readonly trials: readonly Left<T>[]
  readonly below: readonly SharedDdl<T>[]
}

const name = '"(?:[^"]|"")+"'
const replaced = new RegExp(
  `^(?<alter>alter table (?:only )?${name}\\.${name}) (?<drop>drop constraint ${name}), (?<add>add constraint .*)$`,
  'su',
)

/** PostgreSQL drops before it adds: said in two statements, the first is the same for many. */
const inSteps = (sql: string): readonly string[] => {
  const { alter, drop, add } = replaced.exec(sql)?.groups ?? {}
  return alter === undefined ? [sql] : [`${alter} ${drop}`, `${alter} ${add}`]
}

const commonLength = (all: readonly (readonly string[])[]): number => {
  const [first = [], ...others] = all
  const end = first.findIndex((sql, i) => others.some((one) => one[i] !== sql))
  return end < 0 ? first.length : end
}

const share = <T>(ddl: readonly string[], all: readonly Left<T>[]): SharedDdl<T> => {
  const groups = new Map<string, Left<T>[]>()
  for (const one of all) {
    const key = one.rest[0] ?? ''
    const group = groups.get(key)
    if (group) group.push(one)
    else groups.set(key, [one])
  }
  const together = [...groups].flatMap(([key, group]) => (key === '' || group.length < 2 ? [] : [group]))
  const apart = new Set(together.flat())
  return {
    ddl,
    trials: all.filter((one) => !apart.has(one)),
    below: together.map((group) => {
      const length = commonLength(group.map(({ rest }) => rest))
      return share(
        group[0]!.rest.slice(0, length),
        group.map(({ trial, rest }) => ({ trial, rest: rest.slice(length) })),
      )
    }),
  }
}

/** `ddlOf`: a trial's own statements, in their order. */
export const sharedDdl = <T>(trials: readonly T[], ddlOf: (trial: T) => readonly string[]): SharedDdl<T> =>
  share(
    [],
    trials.map((trial) => ({ trial, rest: ddlOf(trial).flatMap(inSteps) })),
  )
