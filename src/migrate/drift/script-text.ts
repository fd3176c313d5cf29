/** The two scripts of a drift as the files of a migration: up.sql takes it in, down.sql takes it out. */
import { lockTimeoutOfSeveral } from '../changes/lock-timeouts.ts'
import type { Drift, DriftScript } from './drift-between.ts'

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

const losses = ({ loses }: DriftScript, because: string): readonly string[] =>
  loses.map((what) => `-- assay: loses ${printable(what)} because ${because}`)

const statementsText = ({ statements }: DriftScript): string => statements.map((sql) => `${sql};\n`).join('')

/** Of tools that can be told that a migration ran, by a name of theirs or by the command that runs them. */
const ofTools: readonly (readonly [RegExp, string])[] = [
  [/\bprisma\b/iu, 'npx prisma migrate resolve --applied NAME'],
  [/\balembic\b/iu, 'alembic stamp head'],
  [/\bdjango\b|\bmanage\.py\b/iu, 'python manage.py migrate --fake'],
]

/** The command that writes a migration down as applied, without running it; null: nobody here knows it. */
export const recordedBy = (who: {
  readonly hasJournal: boolean
  /** A tool's name, or its command; null: the migrations are Assay's own. */
  readonly tool: string | null
}): string | null => {
  if (who.hasJournal) return 'assay migrate resolve NAME --as applied --url …'
  const { tool } = who
  if (tool === null) return 'assay migrate baseline --to NAME --url …'
  return ofTools.find(([named]) => named.test(tool))?.[1] ?? null
}

/** What was changed by hand, for the migrations. `recorded`: as `recordedBy` answers. */
export const takeInText = ({
  takeIn,
  recorded,
}: Pick<Drift, 'takeIn'> & { readonly recorded: string | null }): string =>
  [
    ...(recorded === null
      ? [
          '-- Takes in what was changed by hand. The database that it comes from has it already: let the tool that migrates',
          '-- it write this migration down there as applied, without running it.',
        ]
      : [
          '-- Takes in what was changed by hand. The database that it comes from has it already: say so there, by the name',
          `-- of this migration: ${recorded}`,
        ]),
    ...losses(takeIn, 'it was dropped by hand'),
    '',
    statementsText(takeIn),
  ].join('\n')

/** Back to what the migrations make. It runs where there are rows: nobody waits long. */
export const takeOutText = ({ takeOut }: Pick<Drift, 'takeOut'>): string =>
  [
    '-- Takes out what was changed by hand.',
    ...(takeOut.isOne ? [] : ['-- assay: transaction none']),
    ...losses(takeOut, 'it was made by hand'),
    '',
    `set lock_timeout = ${lockTimeoutOfSeveral};\n${statementsText(takeOut)}`,
  ].join('\n')
