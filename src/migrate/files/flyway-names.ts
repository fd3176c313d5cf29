/** How Flyway names its SQL files: `V1_2__orders.sql`, `U1_2__orders.sql` that undoes it, `R__views.sql`, `B5__all.sql`. */

export interface FlywayName {
  /** Versioned, undo, repeatable, or a baseline that stands for all before it. */
  readonly prefix: 'V' | 'U' | 'R' | 'B'
  /** Numbers of the version; [] of a repeatable one. */
  readonly version: readonly bigint[]
}

const pattern = /^(?:(?<prefix>[VUB])(?<version>\d+(?:[._]\d+)*)|(?<repeatable>R))__.+\.sql$/u

export const parseFlywayName = (name: string): FlywayName | null => {
  const groups = pattern.exec(name)?.groups
  if (!groups) return null
  if (groups['repeatable'] !== undefined) return { prefix: 'R', version: [] }
  const version = (groups['version'] ?? '').split(/[._]/u).map(BigInt)
  return { prefix: groups['prefix'] as 'V' | 'U' | 'B', version }
}

/** 1 before 1.1 before 1.10 before 2; a missing part counts as 0. */
export const compareVersions = (a: readonly bigint[], b: readonly bigint[]): number => {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const left = a[i] ?? 0n
    const right = b[i] ?? 0n
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}
