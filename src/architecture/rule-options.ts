/** The runtime side of what the compiler checks in options: a config is loaded without type-checking. */
import { didYouMean } from '../ground/nearest-name.ts'
import { declarationFault, type RulePlace } from './rule-set.ts'

/** Refuses every key that is not known, each with the nearest one that is. */
export const refuseUnknownKeys = (
  place: RulePlace,
  call: string,
  given: object | undefined,
  known: readonly string[],
): void => {
  for (const key of Object.keys(given ?? {})) {
    if (known.includes(key)) continue
    const summary = `${place.table}: ${call} has no option "${key}".${didYouMean(key, known)}`
    place.refuse(
      declarationFault(
        place,
        'unknown-option',
        summary,
        `Use one of: ${known.join(', ')}; or take "${key}" away.`,
      ),
    )
  }
}

/** The value when it is one of the known ones (or left out: the first), otherwise a fault. */
export const oneOf = <const T extends string>(
  place: RulePlace,
  call: string,
  given: string | undefined,
  known: readonly [T, ...T[]],
): T => {
  if (given === undefined) return known[0]
  const found = known.find((value) => value === given)
  if (found !== undefined) return found
  const summary = `${place.table}: ${call} does not know "${given}".${didYouMean(given, known)}`
  place.refuse(declarationFault(place, 'unknown-value', summary, `Use one of: ${known.join(', ')}.`))
  return known[0]
}

/** Refuses a call that names nothing. */
export const refuseEmpty = (
  place: RulePlace,
  call: string,
  given: readonly unknown[],
  wanted: string,
): void => {
  if (given.length > 0) return
  const summary = `${place.table}: ${call} names no ${wanted}.`
  place.refuse(
    declarationFault(place, 'empty-rule', summary, `Name at least one ${wanted}, or take the call away.`),
  )
}

/** `true` is short for deferrable initially immediate; `'deferred'` for initially deferred. */
export type DeferrableOption = boolean | 'immediate' | 'deferred'

export const deferrableOf = (
  place: RulePlace,
  call: string,
  given: DeferrableOption | undefined,
): 'no' | 'immediate' | 'deferred' => {
  if (given === undefined || given === false) return 'no'
  return given === true ? 'immediate' : oneOf(place, `${call}'s deferrable`, given, ['immediate', 'deferred'])
}

/** The options after the keys of a call that takes any number of keys: at most one, and last. */
export const lastOptions = <Key, Options extends object>(
  place: RulePlace,
  call: string,
  given: readonly (Key | Options)[],
  isKey: (part: Key | Options) => part is Key,
  known: readonly string[],
): Options | undefined => {
  const options = given.filter((part): part is Options => !isKey(part))
  const last = given.at(-1)
  if (options.length > 1 || (options.length === 1 && (last === undefined || isKey(last)))) {
    const summary = `${place.table}: ${call} takes its options once, after all keys.`
    place.refuse(declarationFault(place, 'options-place', summary, 'Join them and put them last.'))
  }
  for (const part of options) refuseUnknownKeys(place, call, part, known)
  return options[0]
}
