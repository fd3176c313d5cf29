/** Times of one statement, warm, each beside the calibration query of the same moment: a slow machine slows down both. */
import type { Session } from '../postgres/session.ts'
import type { Experiment } from '../rules/experiment.ts'
import { statementIn } from '../rules/query/text.ts'
import { calibrate, elapsed, timesOf, type Times } from './times.ts'
import { becoming } from '../rules/becoming.ts'

const warmUps = 3
const runs = 30
/** A slow statement is run fewer times. */
const patience = 2_000

/** Throws PgError where PostgreSQL refuses it. Leaves nothing behind. */
export const measure = async (db: Session, experiment: Experiment): Promise<Times> => {
  const sql = statementIn(experiment.when.at(-1)!)
  const { world, given, as } = experiment
  await db.query(['begin', ...world.statements, ...given, ...(as ? becoming(as) : [])].join(';\n'))
  try {
    for (let n = 0; n < warmUps; n += 1) await db.query(sql)
    const own: number[] = []
    const calibration: number[] = []
    const from = performance.now()
    while (own.length < runs && (own.length === 0 || performance.now() - from < patience)) {
      calibration.push(await calibrate(db))
      own.push(await elapsed(() => db.query(sql)))
    }
    return timesOf(own, calibration)
  } finally {
    await db.batch(['rollback'])
  }
}
