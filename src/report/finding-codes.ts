/** What each code of a finding means, apart from where it was found: the rules that a SARIF viewer lists. */
import { hazards } from '../migrate/lint/hazards.ts'
import { adviceCodes } from './advice-codes.ts'
import { cutoverCodes } from './cutover-codes.ts'
import { fillCodes } from './fill-codes.ts'
import { historyCodes } from './history-codes.ts'
import { migrationCodes } from './migration-codes.ts'
import { statisticsCodes } from './statistics-codes.ts'

export interface FindingCode {
  readonly title: string
  readonly why: string
  readonly fix: string
}

const again = 'Run `npx assay prove` and commit the ledger that it writes.'

const reviewed = 'Have a reviewer agree, or take the change back.'

const codes: Readonly<Record<string, FindingCode>> = {
  ...migrationCodes,
  ...cutoverCodes,
  ...historyCodes,
  ...adviceCodes,
  ...fillCodes,
  ...statisticsCodes,
  'rule.red': {
    title: 'A declared rule does not hold',
    why: 'The rule is declared, and the database does not keep it.',
    fix: 'Add what the finding names to a migration, or change the rule.',
  },
  'rule.hole': {
    title: 'A rule can be circumvented',
    why: 'The rule is declared, and there is a way around it.',
    fix: 'Close it with the SQL that the finding names.',
  },
  'rule.not-red': {
    title: 'A rule holds with and without its structure',
    why: 'A test that cannot fail proves nothing.',
    fix: 'Remove the rule if nothing needs it, or name the structure that keeps it with { by: […] }.',
  },
  'rule.unsolved': {
    title: 'A rule could not be tested',
    why: 'Assay found no row that shows whether the rule holds.',
    fix: 'Give a row that shows it with t.accepts(…) or t.rejects(…).',
  },
  'type.never-reached': {
    title: 'A generated column never comes to the end of its type',
    why: 'Whatever row it is computed from, its expression stays within less.',
    fix: 'Leave it, or give the column no more than it needs with the SQL that the finding names.',
  },
  'references.action-refused': {
    title: 'A foreign key sets what its table refuses',
    why: 'The action was written so that the other row can go or change, and a CHECK or NOT NULL refused it for each that was tried.',
    fix: 'Say no action, which is what happens today, or let the table take what is left.',
  },
  'column.never-null': {
    title: 'A column may be null, and a CHECK refuses null',
    why: 'What the CHECK calls answers false for null, or raises an error for it.',
    fix: 'Say NOT NULL, or let the condition take null.',
  },
  'check.never-rejects': {
    title: 'A CHECK can never reject a row',
    why: 'A CHECK rejects only what is false, and it is never false.',
    fix: 'Drop it, or write what it was meant to refuse.',
  },
  'check.implied': {
    title: 'A CHECK is implied by what stands beside it',
    why: 'It rejects nothing that NOT NULL, the types, the domains or the other CHECKs let through.',
    fix: 'Drop it, unless it is there for its message.',
  },
  'rule.note': {
    title: 'Something to know about a rule',
    why: 'It does not break the rule; somebody may not want it so.',
    fix: 'Leave it, or change it with the SQL that the finding names.',
  },
  'table.missing': {
    title: 'A declared table does not exist',
    why: 'It is declared, and no migration makes it.',
    fix: 'Add it to a migration.',
  },
  'view.missing': {
    title: 'A declared view does not exist',
    why: 'It is declared, and no migration makes it.',
    fix: 'Add it to a migration.',
  },
  'object.missing': {
    title: 'A declared object of the database does not exist',
    why: 'It is declared, and no migration makes it.',
    fix: 'Add it to a migration.',
  },
  'column.missing': {
    title: 'A declared column does not exist',
    why: 'It is declared, and no migration makes it.',
    fix: 'Add it to a migration.',
  },
  'structure.unproven': {
    title: 'A structure has no rule that asks for it',
    why: 'No data structure exists until a test proves that it works.',
    fix: 'Declare the rule that needs it, or drop it in a migration.',
  },
  'mutant.survived': {
    title: 'A structure can be broken unnoticed',
    why: 'No experiment changes its outcome when the structure is broken in this way.',
    fix: 'Add a rule, or a t.accepts(…), t.rejects(…) or t.proves(…), that this change would break.',
  },
  'mutant.unsolved': {
    title: 'It is not known who notices a broken structure',
    why: 'Assay could not find out whether an experiment changes its outcome.',
    fix: 'Show the case with t.accepts(…), t.rejects(…) or t.proves(…).',
  },
  'query.limit-without-order': {
    title: 'A page of a query has no total order',
    why: 'Which rows come is left to the plan: the next page may repeat rows, or leave some out.',
    fix: 'Add the columns of a key as the last ones of its order.',
  },
  'query.offset-paging': {
    title: 'A query pages with offset',
    why: 'Every row before the offset is read and thrown away: each page is slower than the one before.',
    fix: 'Page by the key of the last row.',
  },
  'query.columns-unread': {
    title: 'A query fetches columns that nobody reads',
    why: 'They go over the wire with every row, and no index alone can answer.',
    fix: 'Name the columns that are read.',
  },
  'query.row-type': {
    title: 'A query returns other columns than its row type says',
    why: 'The application is given another value than its types promise.',
    fix: 'Correct the row type, or cast the column in the statement.',
  },
  'query.reads': {
    title: 'A query reads other tables than it names',
    why: 'What it names is what its types and its proof are made of.',
    fix: 'Name exactly what it reads.',
  },
  'query.over-budget': {
    title: 'A query does not stay within its budget',
    why: 'The budget is declared, and the statement breaks it on loaded rows.',
    fix: 'Declare an index that serves it, or give it a wider budget.',
  },
  'query.n-plus-one': {
    title: 'A query sends a statement once for each row of another',
    why: 'Twice the rows take twice as many round trips.',
    fix: 'Ask once for all rows: with in, a join, or one JSON column.',
  },
  'query.plan-at-size': {
    title: 'A query gets another plan at its declared size',
    why: 'On few rows it stays within its budget, and at the size that is declared PostgreSQL plans it otherwise.',
    fix: 'Declare what keeps the plan as it is, with t.indexed(…).',
  },
  'query.not-projected': {
    title: 'A query was not planned at its declared size',
    why: 'Plans at any size need the embedded server, and a query that is one statement.',
    fix: 'Run assay validate without --url; declare a statement whose plan matters as a query of its own.',
  },
  'query.slow': {
    title: 'A query takes longer than it is aimed at',
    why: 'Times depend on the machine: they are told, and fail nothing.',
    fix: 'Look at it with EXPLAIN (ANALYZE, BUFFERS), or aim at another time.',
  },
  'query.sees-nothing': {
    title: 'Whoever asks in the proof of a query sees none of its rows',
    why: 'The budget is held against calls that find nothing, so that it holds whatever the statement costs.',
    fix: 'Name the tables that its policies read, or compare a column with what the settings of the identity say.',
  },
  'query.unsolved': {
    title: 'A query could not be run',
    why: 'What it costs is not known.',
    fix: 'Name calls to run it with, or bring what it reads with a migration.',
  },
  'write.over-budget': {
    title: 'A write does not stay within its budget',
    why: 'The budget is declared, and one call breaks it on filled tables.',
    fix: 'Declare an index for the rows that it finds, or give it a wider budget.',
  },
  'write.fewer-rows': {
    title: 'A write was measured with fewer rows than it declares',
    why: 'Its tables could not be filled for all writers at once.',
    fix: 'Say how values are spread, with volumes in architecture(…).',
  },
  'write.refused': {
    title: 'Calls of a write are refused when many are made at once',
    why: 'They wait for each other, or another one changed what they had read.',
    fix: 'Take rows in one order, lock them first, or let the call begin again.',
  },
  'write.slow': {
    title: 'A write takes longer than it is aimed at',
    why: 'Times depend on the machine: they are told, and fail nothing.',
    fix: 'Look at what it counts for what grows with it, or aim at another time.',
  },
  'write.unsolved': {
    title: 'A write could not be run',
    why: 'What it costs is not known.',
    fix: 'Name calls to run it with, or bring what it names with a migration.',
  },
  'query.estimate': {
    title: 'PostgreSQL misjudges how many rows come',
    why: 'The plan is chosen by what is expected.',
    fix: 'Raise the statistics of the column, or create statistics over the columns that go together.',
  },
  'query.not-leakproof': {
    title: 'A condition cannot use its index under a policy',
    why: 'Its function is not leakproof, and may only see rows that the policies let through.',
    fix: 'Let an index begin with what the policy asks for.',
  },
  'query.policy-per-row': {
    title: 'A policy calls a function for each row',
    why: 'The call answers the same for every row of the statement.',
    fix: 'Put the call into a sub-select, which is asked once.',
  },
  'query.subquery-per-row': {
    title: 'A query runs a subquery for each row',
    why: 'Twice the rows take twice as long.',
    fix: 'Join what the subquery asks for.',
  },
  'plan.changed': {
    title: 'A query gets another plan than in the ledger',
    why: 'The structure, the statistics or the server changed since, and PostgreSQL plans the query otherwise.',
    fix: 'Where the new plan is right, run `npx assay prove` and commit the ledger; else take the change back.',
  },
  'index.unneeded': {
    title: 'No budget breaks without an index',
    why: 'It costs on disk and with every write, and no declared query needs it.',
    fix: 'Declare the query that needs it, or drop it in a migration.',
  },
  'architecture.empty': {
    title: 'There is nothing to prove',
    why: 'That nothing is wrong with nothing says nothing.',
    fix: 'Name tables with their rules in the architecture.',
  },
  'design.plain-form': {
    title: 'The tool that keeps the history runs a migration in one transaction',
    why: 'The online forms are several transactions; in the plain ones writers wait for scans and index builds.',
    fix: 'Measure what they lock: assay lint.',
  },
  'design.say-it-too': {
    title: 'Another tool believes something else of the schema',
    why: 'It compares its migrations with models of its own, and does not read SQL.',
    fix: 'Declare there what the migrations make.',
  },
  'design.refused': {
    title: 'PostgreSQL refuses what a rule asks for',
    why: 'The design of a rule cannot be run on the database as it is.',
    fix: 'Write this migration by hand, or change the rule.',
  },
  'design.not-green': {
    title: 'A rule stays red after its own design',
    why: 'What the rule would add does not make it true here.',
    fix: 'Write this migration by hand, or change the rule.',
  },
  'design.not-reached': {
    title: 'Designed migrations lead elsewhere',
    why: 'They were run on copies, and the result was not what the rules ask for.',
    fix: 'Write this migration by hand, or design the other rules alone with --only.',
  },
  'design.would-lose': {
    title: 'A design would take something else away',
    why: 'What a rule asks for cannot stand together with a structure that is there.',
    fix: 'Take its rule out if nothing needs it, or write this migration by hand.',
  },
  'design.breaks': {
    title: 'Rules contradict each other',
    why: 'A rule that holds now would not hold after what others ask for.',
    fix: 'Change one of them, or design one with --only.',
  },
  'design.not-dropped': {
    title: 'What no rule asks for cannot be dropped',
    why: 'Something that rules ask for stands on it.',
    fix: 'Declare the rule that needs it, or drop it by hand.',
  },
  'design.maybe-renamed': {
    title: 'A column is added that may be another one',
    why: 'A column of the same type stands that no rule asks for; a rename is never guessed.',
    fix: 'State it with t.renamedFrom(…) if it is the same column.',
  },
  'design.rename-stands': {
    title: 'Both names of a rename stand',
    why: 'The new name is there already, and the old one too.',
    fix: 'Take it out of renamedFrom, and say what becomes of the old one.',
  },
  'design.rename-breaks': {
    title: 'A rename breaks who uses the old name',
    why: 'A running application and bodies of functions keep the old name.',
    fix: 'Put the new name beside the old one first where the application runs meanwhile.',
  },
  'design.rounds': {
    title: 'Values lose digits, or the time of day',
    why: 'PostgreSQL rounds without a word, and the old values do not come back.',
    fix: 'Say what is lost at the head of down.sql, or keep the type.',
  },
  'design.rewrites-table': {
    title: 'A change rewrites a table',
    why: 'Nobody reads or writes the table while PostgreSQL rewrites it.',
    fix: 'Expand and contract where the table is large.',
  },
  'design.blocks-writes': {
    title: 'A change blocks writes',
    why: 'PostgreSQL has no online form for it.',
    fix: 'Run it when little is written.',
  },
  'design.rebuilds-index': {
    title: 'A change builds indexes anew',
    why: 'Nobody reads or writes the table meanwhile.',
    fix: 'Drop these indexes before and build them afterwards, concurrently, where the table is large.',
  },
  'design.blocks-reads': {
    title: 'A change blocks reads',
    why: 'A materialized view is dropped and filled again in one transaction.',
    fix: 'Make it under another name first where it takes long.',
  },
  'design.down-refuses': {
    title: 'The way back refuses some rows',
    why: 'A label of an enum never goes while rows hold it.',
    fix: 'Give these rows another label before going back.',
  },
  'design.no-way-in-place': {
    title: 'A table does not become another one in place',
    why: 'PostgreSQL has no ALTER for it.',
    fix: 'Make the new table beside the old one and move the rows, by hand.',
  },
  'design.needs-backfill': {
    title: 'Rows that stand have no value yet',
    why: 'A required column is added without a default that all rows can have.',
    fix: 'Give it a default, or fill the rows between the two stages.',
  },
  'ledger.missing': {
    title: 'There is no ledger',
    why: 'Nothing records what was proven.',
    fix: again,
  },
  'ledger.rule-unproven': {
    title: 'A declared rule was never proven',
    why: 'The ledger has no entry of it.',
    fix: again,
  },
  'ledger.rule-changed': {
    title: 'A rule says something else than what was proven',
    why: 'What it says now was never proven.',
    fix: again,
  },
  'ledger.plan-changed': {
    title: 'A query has another plan than at the base commit',
    why: 'It stays within its budget on the rows of the proof; at full size it may be another matter.',
    fix: 'Judge the new plan.',
  },
  'ledger.statistics-changed': {
    title: 'The exported statistics are not those of the ledger',
    why: 'The ledger says with which statistics its plans were made.',
    fix: again,
  },
  'ledger.removed': {
    title: 'The ledger was removed',
    why: 'What was proven is not recorded any more.',
    fix: reviewed,
  },
  'ledger.malformed': {
    title: 'The ledger cannot be read',
    why: 'What it records cannot be compared with what is there.',
    fix: again,
  },
  'ledger.edited': {
    title: 'The ledger was edited by hand',
    why: 'What it records is not what a proof wrote.',
    fix: again,
  },
  'migrate.untested': {
    title: 'A migration has not passed its test',
    why: 'Nobody knows whether it goes through, keeps the rows, and goes back.',
    fix: 'Run `npx assay migrate test` and commit the ledger that it writes.',
  },
  'migrate.uncovered': {
    title: 'The ledger does not cover what migrations make',
    why: 'No data structure is built that no test asked for.',
    fix: 'Run `npx assay prove` and commit the ledger that it writes.',
  },
  'migrate.drift': {
    title: 'The database is not the one that a migration was tested on',
    why: 'Something was changed by hand, or migrations are missing that came before.',
    fix: 'See what differs with `npx assay drift`.',
  },
  'migrate.edited': {
    title: 'A migration was edited after it ran',
    why: 'Other databases have what the old text made.',
    fix: 'Take the edit back, and put the change into a new migration.',
  },
  'migrate.missing': {
    title: 'A migration ran whose file is not there',
    why: 'These are not the migrations that made the database.',
    fix: 'Bring the file back, or use the branch that has it.',
  },
  'migrate.renamed': {
    title: 'A migration that ran has another name now',
    why: 'Under its new name it would run a second time.',
    fix: 'Give it its old name back.',
  },
  'migrate.out-of-order': {
    title: 'A migration stands before one that has run',
    why: 'It was tested in another order.',
    fix: 'Give it a number behind those that ran, and test it there.',
  },
  'migrate.gap': {
    title: 'A number is left out between migrations',
    why: 'A file that was not committed would run later, out of order.',
    fix: 'Add what is missing, or say `-- assay: follows` the number before.',
  },
  'migrate.loses': {
    title: 'Taking a migration back loses rows or values',
    why: 'What was written there since it ran is gone afterwards.',
    fix: 'Keep a copy of it, or change things back with a new migration.',
  },
  'ledger.server-changed': {
    title: 'The proof was made on another server',
    why: 'Another version, locale or set of extensions may answer otherwise.',
    fix: again,
  },
}

/** Hazards of migrations say it themselves. */
const ofHazard = (code: string): FindingCode | undefined => {
  const hazard = hazards.find((one) => one.code === code)
  return hazard && { title: hazard.title, why: hazard.why, fix: 'Take the safe way that the finding gives.' }
}

/** One that is not described here is told by the first finding that has it. */
export const describeCode = (
  code: string,
  finding: { readonly why: string; readonly fix: string },
): FindingCode =>
  codes[code] ??
  ofHazard(code) ?? { title: code, why: finding.why, fix: finding.fix.split('\n')[0] ?? finding.fix }
