/** Names of the databases that Assay makes: `assay_<run>_<label>`, unique within a run. */

/** The part of a name that a label may fill: names have at most 63 bytes. */
const room = 40

/** Answers a function that gives every label a database name of its own. */
export const makeDatabaseNames = (run: string): ((label: string) => string) => {
  const taken = new Map<string, number>()
  return (label) => {
    const plain =
      label
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/gu, '_')
        .slice(0, room) || 'db'
    const count = (taken.get(plain) ?? 0) + 1
    taken.set(plain, count)
    return `assay_${run}_${plain}${count === 1 ? '' : `_${count}`}`
  }
}
