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
  'expand.key': described(
    'Something stands on a key that changes its type, and cannot follow',
    'It can neither be built beside the old one while writers go on, nor be said again in the moment of the switch.',
    'Take it away in a migration of its own before, and make it again after the switch.',
  ),
  'expand.identity': described(
    'A column that numbers itself changes its shape',
    'Two columns cannot draw one number from one identity.',
    'Change it with `assay design` while the application stands still, or write the phases by hand.',
  ),
  'expand.generated': described(
    'A generated column changes its shape',
    'PostgreSQL computes it: what is stored is written into every row when its type changes.',
    'Let it be computed when it is read, or change it while nobody uses the table.',
  ),
  'expand.partition': described(
    'A column of a partition, or of a table that others inherit from, changes its shape',
    'Its columns are those of its parent; children get columns and no triggers.',
    'Declare the change on the parent.',
  ),
  'expand.partition-key': described(
    'A key of partitions changes its shape',
    'A partitioned table keeps its key, and no trigger moves a row of it.',
    'A name: let a view with both stand for the table meanwhile. A type: make a table with the new key, and bring the rows over.',
  ),
  'expand.domain': described(
    'A domain forbids null in a column that is renamed',
    'PostgreSQL refuses a row without a value of it before any trigger can give it one.',
    'Let the column forbid null instead of its domain.',
  ),
  'expand.excludes': described(
    'An EXCLUDE constraint is built anew over a column that gets another type',
    'PostgreSQL builds its index only under a lock of the whole table.',
    'Try on a copy how long it takes, and run contract when that may be.',
  ),
  'expand.still-used': described(
    'Something stands on the old column',
    'It reads the old column, or a declared rule asks for it: the column cannot go.',
    'Take it away before, and make it again over the new columns behind the switch, each in a migration of its own.',
  ),
  'expand.bound-owner': described(
    'Phases read a table that binds its owner',
    'While the change lasts a policy lets the role that migrates see all rows; queries of an application with that same role may lose their indexes.',
    'Run the migrations as another role than the application.',
  ),
  'expand.refused': described(
    'PostgreSQL refuses a rule on the new columns, or a phase on a copy',
    'The rule would be missing when the old columns are gone; the phase would stop half way.',
    'Change the rule, or change this column in a migration by hand.',
  ),
  'expand.unchecked-text': described(
    'Nothing says which texts may stand in a column that gets another type',
    'Expand stops at texts that do not convert, on the rows of `migrate test` too.',
    'Add a CHECK on the old column that allows what converts.',
  ),
  'expand.time-zone': described(
    'A value is told from the other by the TimeZone of whoever writes',
    'Sessions with different settings write different values, and the switch refuses such rows.',
    'Say which zone is meant: `--set "t.at = day::timestamp at time zone \'UTC\'"`.',
  ),
  'expand.rounds': described(
    'Fractions are rounded in a column that becomes a whole number',
    'PostgreSQL casts them without a word, and the new application never sees what was behind the point.',
    'Say what becomes of them with `--set`, or mend the rows first.',
  ),
  'expand.cuts': described(
    'A stated cast cuts or rounds values',
    'PostgreSQL cuts to a length that is named in a cast without a word.',
    'Give the column the room, or cut where it is meant.',
  ),
  'expand.named-in-function': described(
    'A function names a column that is put aside',
    'Its text is looked at when it runs: then it fails.',
    'Let it name the new column, in a migration of its own before contract.',
  ),
  'expand.kept': described(
    'A way back is kept for the time that its contract says',
    'People rely on it; another --keep does not change it.',
    'Nothing has to be done.',
  ),
  'expand.trigger-order': described(
    'A trigger fires behind the one that keeps both sides alike',
    'What it writes into one side does not reach the other.',
    'Give it a name that comes before.',
  ),
  'migration.two-heads': described(
    'Two migrations claim one place in the order',
    'Two branches each wrote the next one: which of them runs first is for a person to say.',
    'Give the one that has run nowhere yet the next place, and see that it still applies after the other.',
  ),
  'migration.same-name': described(
    'Two migrations have one name',
    'A journal that keeps names cannot tell which of them ran.',
    'Rename one of them.',
  ),
  'migration.stray-down': described(
    'A file undoes a migration that is not there',
    'It never runs; the migration that it is meant for has no way back, or is missing.',
    'Name both alike, 0007_name.sql and 0007_name.down.sql, or take the file away.',
  ),
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
  'lint.not-reached': described(
    'A migration was not looked at',
    'One that stands before it is refused.',
    'Correct that one first.',
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
  'migrate.from-differs': described(
    'A database that is copied has another schema than its migrations make',
    'What was changed by hand there is not tested.',
    'See what differs: `assay drift`.',
  ),
  'migrate.from-missing': described(
    'Something is not in the database that is copied',
    'What a migration does to its rows is not seen.',
    'See what differs: `assay drift`.',
  ),
  'migrate.from-set-aside': described(
    'Rows are not in a masked copy',
    'PostgreSQL takes them masked in no form that was tried.',
    'Name columns whose values are of no person: --public.',
  ),
  'migrate.from-emptied': described(
    'Rows of a masked copy lack optional values',
    'Their stand-ins were refused, and null was taken.',
    'Name columns whose values are of no person: --public.',
  ),
  'migrate.from-sample': described(
    'A copy has a part of the rows',
    'A row that a migration fails on may be among the others.',
    'Leave out --rows before a release.',
  ),
  'migrate.not-compensated': described(
    'No migration can be made that takes a migration back',
    'Where direction is forward, the next migration takes back what went wrong.',
    'Say what is lost at its head (-- assay: loses …), or why there is no way back (-- assay: direction forward because …).',
  ),
  'migrate.compensation-differs': described(
    'A migration does not take back what it says it takes back',
    'It leaves another database than there was before.',
    'Let it undo all that the other one does.',
  ),
  'migrate.compensates-nothing': described(
    'A migration says that it takes back one that does not stand before it',
    'What it does cannot be held against what it should undo.',
    'Correct the name in: -- assay: compensates …',
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
  'migrate.hidden-rows': described(
    'A migration does not see all rows that it is to change',
    'Row-level security that binds the role which migrates hides rows without a word: they stay as they are.',
    'Let the owner see all rows while it runs (no force row level security, and force again behind it).',
  ),
  'migrate.expectation': described(
    'Rows are not as a migration expects',
    'A query of before.sql or after.sql finds rows.',
    'Correct the migration, or the query.',
  ),
  'migrate.up-needs-rows': described(
    'A migration needs rows that keep its own constraint already',
    'It is refused in a database that has others.',
    'Look for such rows in production first, or let the migration correct them.',
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
