/** What the codes of recorded histories (migrations that are code of other tools) and of the log of schemas mean. */
const described = (title: string, why: string, fix: string) => ({ title, why, fix })

export const historyCodes = {
  'history.reads-rows': described(
    'A migration reads rows in its code',
    'It was recorded where tables have no rows: what it does with rows was not seen.',
    'Let one statement do it, or test it with rows of your own.',
  ),
  'history.runs-again': described(
    'A migration does not run in one transaction',
    'Broken off half way, its tool runs it again from its first statement.',
    'Write each statement so that it may run again, or give each a migration of its own.',
  ),
  'history.one-transaction': described(
    'Several migrations run in one transaction',
    'What the first of them locks stays locked until the last one ends.',
    'Give each its own transaction.',
  ),
  'history.behind-last': described(
    'Statements were sent behind the last migration',
    'They belong to none, and were left out.',
    'Nothing has to be done.',
  ),
  'history.not-back': described(
    'Migrations did not go back',
    'The command of schema.down was refused.',
    'Write their way back, or say in their source that there is none, and why.',
  ),
  'drift.other-version': described(
    'The database runs another major version',
    'Each prints definitions in its own way: what was read there is made again here and compared.',
    'Nothing has to be done.',
  ),
  'drift.pending': described(
    'Migrations have not run in the database yet',
    'What is still to come is no drift.',
    'Apply them when it is time: assay migrate up',
  ),
  'drift.no-log': described(
    'It is not known who changed the schema',
    'PostgreSQL keeps owners, and nobody who did it.',
    'Let an event trigger keep it: assay drift --log-sql',
  ),
} as const
