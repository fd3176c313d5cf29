/** Flyway: `V8__words.sql`, `U8__words.sql` that undoes it, and a `.conf` beside what is to run without a transaction. */
import path from 'node:path'
import { compareVersions, parseFlywayName } from '../files/flyway-names.ts'
import { noTransactionMarker } from '../files/transaction-need.ts'
import type { FormKind, NewFile } from './form.ts'
import { stampedOn } from './numbering.ts'

const conf = (migration: string, file: string, text: string): readonly NewFile[] =>
  noTransactionMarker.test(text)
    ? [{ migration, file: `${file}.conf`, text: 'executeInTransaction=false\n' }]
    : []

/** The number after the highest version; where these are times, the time. */
const nextVersion = (standing: readonly string[], n: number): string => {
  const versions = standing.flatMap((name) => {
    const read = parseFlywayName(name.endsWith('.sql') ? name : `${name}.sql`)
    return read === null || read.prefix === 'R' ? [] : [read.version]
  })
  const highest = versions.toSorted(compareVersions).at(-1)?.[0] ?? 0n
  if (highest > 19_000_000_000_000n) return stampedOn(standing, n)
  const digits = standing.flatMap((name) => /^V(?<digits>0\d*)/u.exec(name)?.groups?.['digits'] ?? [])
  return String(highest + 1n + BigInt(n)).padStart(Math.max(0, ...digits.map((one) => one.length)), '0')
}

export const flyway: FormKind = {
  command: /\bflyway\b/u,
  at: (directory, names) =>
    names.some((name) => ['V', 'B'].includes(parseFlywayName(name)?.prefix ?? ''))
      ? {
          tool: 'Flyway',
          directory,
          isOneTransaction: false,
          model: null,
          prefix: (standing, n) => `V${nextVersion(standing, n)}__`,
          filesOf: (migrations) =>
            migrations.flatMap(({ name, up, down }): readonly NewFile[] => {
              const file = path.join(directory, `${name}.sql`)
              const back = path.join(directory, `${name.replace(/^V/u, 'U')}.sql`)
              return [
                { migration: name, file, text: up },
                ...conf(name, file, up),
                ...(down === null
                  ? []
                  : [{ migration: name, file: back, text: down }, ...conf(name, back, down)]),
              ]
            }),
        }
      : null,
}
