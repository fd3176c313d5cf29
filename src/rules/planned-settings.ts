/**
 * Settings under which the planner gets past what policies and views call: `''::bigint` breaks before any privilege is
 * looked at. A setting that was set once is empty ever after, so that without values an answer would hang on what the
 * session did before.
 */
import { namedSettings, settingValues } from '../catalog/named-settings.ts'
import { tryAll, type Trial } from './attacks/trial.ts'
import type { Asker, World } from './experiment.ts'
import type { RuleContext } from './rule-kind.ts'

type Settings = Asker['settings']

/** None where empty ones do, or where no value helps. */
export const plannedSettings = async (
  { db, catalog }: Pick<RuleContext, 'db' | 'catalog'>,
  world: Pick<World, 'statements'>,
  trialsWith: (settings: Settings) => readonly Trial[],
): Promise<Settings> => {
  const names = namedSettings(catalog)
  if (names.length === 0) return {}
  const settingsOf = (values: readonly string[]): Settings =>
    Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']))
  /** How many statements break of something else than a privilege. */
  const breaks = async (values: readonly string[]): Promise<number> => {
    const answers = await tryAll(db, world, trialsWith(settingsOf(values)))
    return answers.filter(({ fault }) => fault !== null && fault.sqlstate !== '42501').length
  }
  const empty = await breaks([])
  if (empty === 0) return {}
  let best: { readonly values: readonly string[]; readonly broken: number } = {
    values: names.map(() => ''),
    broken: empty,
  }
  const consider = async (values: readonly string[]): Promise<void> => {
    if (best.broken === 0) return
    const broken = await breaks(values)
    if (broken < best.broken) best = { values, broken }
  }
  for (const value of settingValues) await consider(names.map(() => value))
  // One is a number and another a document.
  for (const i of names.keys()) for (const value of settingValues) await consider(best.values.with(i, value))
  return best.broken < empty ? settingsOf(best.values) : {}
}
