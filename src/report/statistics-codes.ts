/** What the codes of statistics and projected plans mean, apart from where they were found. */
const described = (title: string, why: string, fix: string) => ({ title, why, fix })

export const statisticsCodes = {
  'statistics.other-schema': described(
    'Statistics are of another version of the schema',
    'They say nothing of a table or column that a declared query reads, and its plan would be a guess.',
    'Export them again from a database that has the same migrations and is analyzed.',
  ),
  'statistics.not-analyzed': described(
    'Something was never analyzed',
    'The planner guesses what it does not know, there as here.',
    'Run ANALYZE there, and export the statistics again.',
  ),
  'statistics.not-readable': described(
    'A role may not see some statistics',
    'PostgreSQL hides what a role may not select, and what row-level security guards.',
    'Export the statistics as the owner, or as a role with BYPASSRLS.',
  ),
  'statistics.not-carried': described(
    'Some statistics cannot be carried over',
    'PostgreSQL 18 imports no lists of common values of several columns and nothing of their expressions.',
    'Plans that depend on them are estimated by a guess.',
  ),
  'statistics.removed': described(
    'Some values have no stand-ins',
    'No value of the database may leave, and there are no others of its type in the same order.',
    'Name the column with --public when its values may leave.',
  ),
} as const
