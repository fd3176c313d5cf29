/** What the codes of `migrate test` and `drift` mean, apart from where they were found. */

interface Described {
  readonly title: string
  readonly why: string
  readonly fix: string
}

const back = 'Let down.sql undo all that up.sql does, or say what is lost: -- assay: loses …'
const again = 'Write the statement so that it may run again: if exists, if not exists.'
const byHand = 'Take it into the migrations or out of the database: `assay drift --sql` prints both scripts.'

const described = (title: string, why: string, fix: string): Described => ({ title, why, fix })

export const migrationCodes: Readonly<Record<string, Described>> = {
  'migrate.up-fails': described(
    'A migration is refused',
    'What is refused on a copy with rows is refused in production.',
    'Correct the statement.',
  ),
  'migrate.down-fails': described(
    'The way back is refused',
    'When it is needed, there is none.',
    'Correct the statement.',
  ),
  'migrate.not-reached': described(
    'A migration was not tested',
    'One that stands before it is refused.',
    'Correct that one first.',
  ),
  'migrate.no-down': described(
    'A migration has no way back',
    'By default a migration has a down that is proven.',
    'Write down.sql, or say why there is none: -- assay: direction forward because …',
  ),
  'migrate.down-differs': described(
    'After down the database is another one than before',
    'Every migration behind it would start from a state that nobody has tested.',
    back,
  ),
  'migrate.up-differs': described(
    'Up after down gives another database than the first up',
    'Who went back and comes again has something else than everybody else.',
    'Let up.sql do the same whatever was there before.',
  ),
  'migrate.rows-decide': described(
    'What up makes depends on rows',
    'Each database gets another structure.',
    'Make the same structures with and without rows.',
  ),
  'migrate.data-changes-catalog': described(
    'A migration of rows changes structures',
    'It says that it changes rows only.',
    'Put the structures into a migration of their own.',
  ),
  'migrate.not-idempotent': described(
    'A repeatable file gives another database when it runs twice',
    'It runs again whenever its text changes.',
    'Write it so that it may run over itself.',
  ),
  'migrate.rows-lost': described('Rows or values are lost, and nobody says so', 'Losses are declared.', back),
  'migrate.rows-changed': described(
    'Values are others after up and down',
    'Who goes back expects what was there.',
    back,
  ),
  'migrate.new-rows-lost': described(
    'Rows that are written after up do not survive down',
    'Between up and down the application goes on writing.',
    back,
  ),
  'migrate.down-refuses-new-rows': described(
    'Down is refused once rows are written after up',
    'Between up and down the application goes on writing.',
    'Let down.sql put such rows aside.',
  ),
  'migrate.down-needs-old-rows': described(
    'Down is refused over rows that only the new shape takes',
    'Nothing is lost; nobody can go back until they are gone.',
    'Let down.sql say what becomes of such rows.',
  ),
  'migrate.sequence-back': described(
    'A sequence begins again',
    'It gives out numbers that rows have already.',
    'Set it behind the greatest number at the end of down.sql.',
  ),
  'migrate.stop-leaves-traces': described(
    'A transaction that is broken off leaves something behind',
    'What acts outside of the transaction is not taken back with it.',
    'Take it out of the migration.',
  ),
  'migrate.cannot-continue': described(
    'A migration that is broken off cannot go on',
    'A connection may be lost at any statement.',
    again,
  ),
  'migrate.cannot-turn-back': described(
    'A migration that is broken off cannot be taken back',
    'What is half done is there to stay.',
    again,
  ),
  'migrate.expectation': described(
    'Rows are not as a migration expects',
    'A query of before.sql or after.sql finds rows.',
    'Correct the migration, or the query.',
  ),
  'migrate.not-filled': described(
    'A table could not be given rows',
    'What the migration does to its rows is not tested.',
    'Look at it with rows of your own.',
  ),
  'drift.added': described('Something was made by hand', 'No migration makes it.', byHand),
  'drift.changed': described('Something was changed by hand', 'The migrations make another one.', byHand),
  'drift.gone': described('Something was dropped by hand', 'The migrations make it.', byHand),
  'drift.unproven': described(
    'A script that ends a drift could not be shown to be right',
    'It would leave a difference, or could not be tried.',
    'Look at it before you run it.',
  ),
  'drift.unknown-migration': described(
    'A migration ran that is not in the repository',
    'What it made cannot be told from what was changed by hand.',
    'Get the branch that has it.',
  ),
  'drift.half-applied': described(
    'A migration is half done',
    'A run was broken off, or goes on right now.',
    'Let it go on or go back: `assay migrate up`, `assay migrate down`.',
  ),
}
