/** The adopted database against the one that its baseline makes: every structure that differs is a finding. */
import { catalogFingerprint } from '../catalog/fingerprint.ts'
import { difference } from '../catalog/difference.ts'
import type { Catalog } from '../catalog/structure.ts'
import type { Finding } from '../prove/result.ts'
import type { AppliedBaseline, RefusedStatement } from './apply-baseline.ts'

const differs = (structure: string, summary: string, why: string, fix: string): Finding => ({
  code: 'adopt.baseline-differs',
  severity: 'error',
  structure,
  summary,
  why,
  fix,
})

const cut = (text: string): string => (text.length > 2000 ? `${text.slice(0, 2000)} …` : text)

const notMade = 'the baseline migration does not make it, so that nothing of it is proven'

const renamed = (source: Catalog, copy: Catalog): readonly Finding[] =>
  [...source.structures.values()].flatMap(({ id, name }) => {
    const now = copy.structures.get(id)
    return now === undefined || now.name === name
      ? []
      : [
          differs(
            id,
            `${id}: its name is ${name}, in the copy ${now.name}`,
            'error messages and later migrations name it',
            `Correct its name in the baseline migration: ${name}`,
          ),
        ]
  })

/** Of another major version: PostgreSQL itself prints the same thing otherwise. */
const otherVersion = (source: Catalog, copy: Catalog, ids: readonly string[]): readonly Finding[] =>
  source.major === copy.major
    ? []
    : [
        {
          code: 'adopt.other-version',
          severity: 'note',
          summary: `the database runs PostgreSQL ${source.major}, the copy ${copy.major}${ids.length === 0 ? '' : `; ${ids.length} definitions are printed otherwise there`}`,
          why: 'each major version prints some definitions in its own way, so their texts cannot be compared',
          fix:
            ids.length === 0
              ? `Prove it on PostgreSQL ${source.major} too, with --url.`
              : `Prove it on PostgreSQL ${source.major} too, with --url. Printed otherwise:\n${ids.join('\n')}`,
        },
      ]

/** `known`: structures that are named already as not recreated. */
export const compareCopy = (
  source: Catalog,
  copy: Catalog,
  known: ReadonlySet<string>,
): readonly Finding[] => {
  if (catalogFingerprint(source) === catalogFingerprint(copy)) return renamed(source, copy)
  const { made, changed, gone } = difference(source, copy)
  const isSameMajor = source.major === copy.major
  return [
    ...gone
      .filter(({ id }) => !known.has(id))
      .map(({ id, definition }) =>
        differs(
          id,
          `${id} is not in the copy`,
          notMade,
          `Add it to the baseline migration; PostgreSQL prints it as:\n${cut(definition)}`,
        ),
      ),
    ...made.map(({ id, definition }) =>
      differs(
        id,
        `${id} is in the copy, and not in the database`,
        'the baseline migration makes more than there is',
        `Take it out of the baseline migration; PostgreSQL prints it as:\n${cut(definition)}`,
      ),
    ),
    ...(isSameMajor
      ? changed
          .filter(({ id }) => !known.has(id))
          .map(({ id, before, after }) =>
            differs(
              id,
              `${id} is another in the copy`,
              'what is proven of the copy may not hold of the database',
              `Make it in the baseline migration as it is in the database:\n${cut(before)}\n-- and not\n${cut(after)}`,
            ),
          )
      : []),
    ...renamed(source, copy),
    ...otherVersion(
      source,
      copy,
      changed.map(({ id }) => id),
    ),
  ]
}

/** `explained`: statements that are named elsewhere. */
export const refusedFindings = (
  { refused }: AppliedBaseline,
  explained: ReadonlySet<RefusedStatement>,
): readonly Finding[] =>
  refused
    .filter((statement) => !explained.has(statement))
    .map(({ text, message }) => ({
      code: 'adopt.baseline-refused',
      severity: 'error',
      summary: `PostgreSQL refused a statement of the baseline: ${(text.split('\n')[0] ?? '').slice(0, 120)}`,
      why: `${message}; it is left out of the migration, so that the rest can be proven`,
      fix: `Correct it and add it to the baseline migration:\n${cut(text)};`,
    }))
