/** What loading a dump could not take over, as findings: each statement with its place, and why. */
import type { Finding } from '../prove/result.ts'
import type { LeftOut, Loaded } from './load-script.ts'

const placed = ({
  file,
  line,
}: {
  readonly file: string
  readonly line: number
}): Pick<Finding, 'where'> => ({
  where: { file, line },
})

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`

const mostListed = 40

/** What of a database hangs on an extension that is missing, as the lines of a mend. */
export const hangingList = (name: string, all: readonly string[]): string =>
  [
    `Prove what hangs on ${name} where it is installed, or write what it needs into a file (types as domains, functions that answer alike) and adopt again with --before FILE. Left out:`,
    ...all.slice(0, mostListed).map((one) => `-- ${one.replaceAll('\n', ' ')}`),
    ...(all.length > mostListed ? [`-- and ${all.length - mostListed} more`] : []),
  ].join('\n')

const missing = ({ missing: extensions, leftOut }: Loaded): readonly Finding[] =>
  extensions.map(({ name, found, ...place }) => {
    const own = leftOut.filter(({ because, on }) => because === 'hangs' && (on?.includes(name) ?? true))
    return {
      code: 'adopt.extension-missing',
      severity: 'warning',
      summary: `the local PostgreSQL does not have the extension ${name}: what hangs on it is left out`,
      why: found,
      fix:
        own.length === 0
          ? `Nothing in the SQL was left out for want of ${name}.`
          : hangingList(
              name,
              own.map(({ file, line, text }) => `${file}:${line} ${text}`),
            ),
      ...placed(place),
    }
  })

const hanging = (loaded: Loaded): readonly Finding[] => {
  const all = loaded.missing.map(({ name }) => name)
  return loaded.leftOut
    .filter(({ because }) => because === 'hangs')
    .map(({ text, message, on = all, ...place }) => {
      const needed = on.length === 0 ? 'what was left out' : `the extension ${on.join(' or ')}`
      return {
        code: 'adopt.left-out',
        severity: 'warning',
        summary: `left out, because it needs ${needed}: ${text}`,
        reason: `left out, because they need ${needed}`,
        why: message ?? 'what it names was left out',
        fix: 'Install what is missing and adopt again, or write what it makes into a file and name that with --before.',
        ...placed(place),
      }
    })
}

const refused = ({ leftOut }: Loaded): readonly Finding[] =>
  leftOut
    .filter(({ because }) => because === 'refused')
    .map(({ text, message, ...place }) => ({
      code: 'adopt.needs-superuser',
      severity: 'warning',
      summary: `left out, because it needs a superuser: ${text}`,
      reason: 'left out, because they need a superuser',
      why: `Assay runs no SQL of yours as a superuser; PostgreSQL said: ${message ?? 'nothing'}`,
      fix: 'Leave it to the platform that the database runs on: Assay does not prove it.',
      ...placed(place),
    }))

const together = (
  { leftOut }: Loaded,
  because: LeftOut['because'],
  tell: (all: readonly LeftOut[]) => Omit<Finding, 'severity' | 'where'>,
): readonly Finding[] => {
  const all = leftOut.filter((one) => one.because === because)
  return all.length === 0 ? [] : [{ severity: 'note', ...tell(all), ...placed(all[0]!) }]
}

const firstOf = (all: readonly LeftOut[]): string => {
  const first = all.slice(0, 12).map(({ file, line, text }) => `-- ${file}:${line}\n${text}`)
  return [...first, ...(all.length > 12 ? [`-- and ${all.length - 12} more`] : [])].join('\n')
}

const server = (loaded: Loaded): readonly Finding[] =>
  together(loaded, 'server', (all) => ({
    code: 'adopt.server-part',
    summary: `${count(all.length, 'statement is', 'statements are')} about the server, not about the database: left out`,
    why: 'settings of databases and roles, tablespaces, subscriptions and parameters are the operator’s; proofs run without them',
    fix: `Nothing, as long as no rule depends on them:\n${firstOf(all)}`,
  }))

const owners = (loaded: Loaded): readonly Finding[] =>
  together(loaded, 'owner', (all) => {
    const roles = [...new Set(all.flatMap(({ role }) => role ?? []))].toSorted()
    return {
      code: 'adopt.owners',
      summary: `${count(all.length, 'object belongs', 'objects belong')} to ${roles.length === 0 ? 'other roles' : roles.join(', ')}; here to the role that runs the migrations`,
      why: 'who owns a table passes its row-level security unless that is forced; Assay proves the database with one owner',
      fix: 'Nothing, when the application does not log in as an owner; else force row-level security on its tables.',
    }
  })

const rows = (loaded: Loaded): readonly Finding[] => {
  const all = loaded.leftOut.filter(({ because }) => because === 'rows')
  const [first] = all
  const left = [
    ...(first === undefined ? [] : [`the rows of ${count(all.length, 'statement')} (COPY, INSERT)`]),
    ...(loaded.numbers === 0 ? [] : [`the numbers of ${count(loaded.numbers, 'sequence')} (setval)`]),
  ]
  if (left.length === 0) return []
  return [
    {
      code: 'adopt.rows',
      severity: 'note',
      summary: `${left.join(' and ')} are left out`,
      why: 'an architecture is what holds of every row; proofs make their own, and begin each sequence anew',
      fix: 'Put rows that must be there, such as a list of countries, into a migration of their own.',
      ...(first === undefined ? {} : placed(first)),
    },
  ]
}

export const bypassFindings = (roles: readonly string[]): readonly Finding[] =>
  roles.map((name) => ({
    code: 'adopt.bypasses-row-security',
    severity: 'note',
    summary: `the role ${name} bypasses row-level security where the database runs; here it does not`,
    reason: 'a role bypasses row-level security where the database runs; here it does not',
    why: 'only a role that bypasses it itself may give that right, and migrations do not run as one',
    fix: `Prove what ${name} may do by its grants; policies do not hold it back.`,
  }))

const platform = (loaded: Loaded): readonly Finding[] =>
  together(loaded, 'platform', (all) => ({
    code: 'adopt.platform-part',
    summary: `${count(all.length, 'statement makes', 'statements make')} what the platform has made before: left out`,
    why: 'the dump holds the platform’s own part too, which is left alone',
    fix: `Nothing, as long as the platform’s part is not asked for:\n${firstOf(all)}`,
  }))

/** The gravest first. */
export const loadFindings = (loaded: Loaded): readonly Finding[] => [
  ...missing(loaded),
  ...hanging(loaded),
  ...refused(loaded),
  ...bypassFindings(loaded.bypassing),
  ...owners(loaded),
  ...platform(loaded),
  ...server(loaded),
  ...rows(loaded),
]
