/**
 * Statements that experiments begin with and that change the schema alone: triggers asleep, a hostile search_path's
 * schema, rights taken away. Those that several experiments of a trial begin with are run once for all of them: DDL
 * makes PostgreSQL look through every plan that the session keeps, when it is done and when it is taken back.
 */
import type { Experiment } from '../rules/experiment.ts'
import { isOfHostileSchema } from '../rules/hostile-path.ts'
import { isSettling } from '../rules/quiet.ts'

const relation = '(?:"(?:[^"]|"")+"\\.)?"(?:[^"]|"")+"'

const forms: readonly RegExp[] = [
  new RegExp(String.raw`^alter table ${relation} (?:dis|en)able (?:trigger|rule) `, 'u'),
  new RegExp(`^revoke all on ${relation} from `, 'u'),
]

const isSetUp = (sql: string): boolean =>
  isOfHostileSchema(sql) || isSettling(sql) || forms.some((form) => form.test(sql))

interface SetUp {
  readonly statements: readonly string[]
  /** The same for the same statements. */
  readonly key: string
}

const nothing: SetUp = { statements: [], key: '' }
const known = new WeakMap<readonly string[], SetUp>()

/** What its `given` begins with. */
const setUpOf = ({ given }: Experiment): SetUp => {
  if (given.length === 0) return nothing
  const ready = known.get(given)
  if (ready) return ready
  const end = given.findIndex((sql) => !isSetUp(sql))
  const statements = end < 0 ? given : given.slice(0, end)
  const made = statements.length === 0 ? nothing : { statements, key: statements.join(';\n') }
  known.set(given, made)
  return made
}

export interface SharedSetUp {
  /** Empty: each of them begins on its own. */
  readonly statements: readonly string[]
  /** Places of the experiments. */
  readonly indexes: readonly number[]
}

/** Experiments of one world by what they begin with; one that shares it with no other is among those of nothing. */
export const bySetUp = (
  experiments: readonly Experiment[],
  indexes: readonly number[],
): readonly SharedSetUp[] => {
  const groups = new Map<string, { readonly statements: readonly string[]; readonly indexes: number[] }>()
  for (const index of indexes) {
    const { statements, key } = setUpOf(experiments[index]!)
    const group = groups.get(key)
    if (group) group.indexes.push(index)
    else groups.set(key, { statements, indexes: [index] })
  }
  const isShared = (one: SharedSetUp): boolean => one.statements.length > 0 && one.indexes.length > 1
  const all = [...groups.values()]
  const apart = all.filter((one) => !isShared(one)).flatMap((one) => one.indexes)
  return [
    ...(apart.length > 0 ? [{ statements: [], indexes: apart.toSorted((a, b) => a - b) }] : []),
    ...all.filter(isShared),
  ]
}
