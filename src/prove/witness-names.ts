/**
 * Which experiments can notice a structure that is reached by its name alone, as a view is: those whose statements
 * name it, or name what stands on it. Where something that acts unnamed may reach it, all of them can.
 */
import { kindOfStructure } from '../catalog/kind-of.ts'
import type { Catalog, Structure } from '../catalog/structure.ts'
import type { Experiment, World } from '../rules/experiment.ts'
import { namesIn } from './names-in-text.ts'

/** The text in which PostgreSQL itself sees no name: bodies, with all around them, and strings. */
const unseen = (definition: string): string =>
  /\$\w*\$/u.test(definition)
    ? definition
    : [...definition.matchAll(/'((?:[^']|'')*)'/gu)].map((m) => m[1] ?? '').join('\n')

const hiddenIn = (catalog: Catalog): ((name: string) => boolean) =>
  namesIn(
    [...catalog.structures.values()]
      .filter((structure) => !kindOfStructure(structure).isWordsOnly)
      .map(({ definition }) => unseen(definition))
      .join('\n'),
  )

const textOf = ({ given, when }: Experiment): string => [...given, ...when].join('\n').toLowerCase()

/** Each text is made once: the experiments of a table are asked of many structures. */
const onceEach = <K extends object>(make: (key: K) => string): ((key: K) => string) => {
  const known = new WeakMap<K, string>()
  return (key) => {
    const text = known.get(key) ?? make(key)
    known.set(key, text)
    return text
  }
}

/** Whether an experiment can notice a change of the structure; null: nothing is known of that. */
export const makeNamers = (
  catalog: Catalog,
): ((structure: Structure) => ((experiment: Experiment) => boolean) | null) => {
  let isHidden: ((name: string) => boolean) | null = null
  const ofExperiment = onceEach(textOf)
  const ofWorld = onceEach(({ statements }: World) => statements.join('\n').toLowerCase())
  return (structure) => {
    if (!kindOfStructure(structure).actsByName) return null
    const reached = [structure, ...catalog.dependents(structure.id)].filter(
      (one) => !kindOfStructure(one).isWordsOnly,
    )
    // What hangs on a table acts whenever the table is written.
    if (reached.some((one) => one.table !== null)) return null
    isHidden ??= hiddenIn(catalog)
    if (reached.some(({ name }) => isHidden?.(name))) return null
    // In a statement a quote in the name is doubled.
    const names = reached.flatMap(({ name }) => [
      name.toLowerCase(),
      name.toLowerCase().replaceAll('"', '""'),
    ])
    return (experiment) => {
      const statements = [ofExperiment(experiment), ofWorld(experiment.world)]
      return names.some((name) => statements.some((text) => text.includes(name)))
    }
  }
}
