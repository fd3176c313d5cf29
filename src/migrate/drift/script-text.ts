/** The two scripts of a drift as the files of a migration: up.sql takes it in, down.sql takes it out. */
import { lockTimeoutOfSeveral } from '../changes/lock-timeouts.ts'
import type { Drift, DriftScript } from './drift-between.ts'

const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

const losses = ({ loses }: DriftScript, because: string): readonly string[] =>
  loses.map((what) => `-- assay: loses ${printable(what)} because ${because}`)

const statementsText = ({ statements }: DriftScript): string => statements.map((sql) => `${sql};\n`).join('')

/** What was changed by hand, for the migrations. */
export const takeInText = ({ takeIn }: Pick<Drift, 'takeIn'>): string =>
  [
    '-- Takes in what was changed by hand. The database that it comes from has it already: say so there, by the name',
    '-- of this migration: assay migrate resolve NAME --as applied --url …',
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
