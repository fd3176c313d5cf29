/** What the codes of `assay fill` mean, apart from where they were found. */

export const fillCodes = {
  'fill.refused': {
    title: 'A table could not be filled',
    why: 'PostgreSQL took none of the rows that were tried, so the table and what needs it are left empty.',
    fix: 'Say how its columns are spread with volumes in architecture(…), or leave it out of --rows.',
  },
  'fill.fewer': {
    title: 'A table gets fewer rows than were wished for',
    why: 'More rows would break a key, or have no values that its conditions allow.',
    fix: 'Ask for fewer rows; where a foreign key sets the limit, for more of its parents.',
  },
  'fill.made': {
    title: 'The rows of a table are made by triggers',
    why: 'Rows that a trigger has made stand there as soon as its own table is filled.',
    fix: 'Ask for more rows of that table to have more of these.',
  },
  'fill.null': {
    title: 'A foreign key stays null',
    why: 'Its table is filled before the one that it refers to, and its rows could not be set afterwards.',
    fix: 'Give the table a primary key; where a key or a condition is in the way, ask for more rows of the other table.',
  },
} as const
