/** What the codes of advice mean, apart from where they were found. */
const described = (title: string, why: string, fix: string) => ({ title, why, fix })

export const adviceCodes = {
  'advice.structure': described(
    'A structure makes queries cheaper',
    'It was built on loaded rows, and the queries were measured with and without it.',
    'Declare it, and run assay design.',
  ),
  'advice.keyset-for-offset': described(
    'A page is found by counting off the pages before it',
    'The rewritten statement gave the same rows and cost less.',
    'Page by the key of the last row.',
  ),
  'advice.exists-for-in': described(
    'A list is looked through where a join would do',
    'The rewritten statement gave the same rows and cost less.',
    'Write it with exists.',
  ),
  'advice.policy-once': described(
    'A policy calls a function for each row',
    'With the call in a select of its own it is asked once, and the same rows come.',
    'Put the call into a select.',
  ),
  'advice.no-help': described(
    'No structure brings a budget back',
    'Every candidate was tried, and the budget still breaks.',
    'Ask for less in one statement, or give it a wider budget.',
  ),
  'advice.statements-hidden': described(
    'Statements of others are not looked at',
    'pg_stat_statements shows a role the text of its own statements only, unless it may read all statistics.',
    'Grant pg_read_all_stats to the role that reads them.',
  ),
  'advice.other-rows': described(
    'A budget holds with the advice on the rows of --rows, and not on those that proofs load',
    'The advice was tried on both; what a proof loads is less, and its values stand otherwise.',
    'Name calls that find the same in both, or give a budget for each row that comes.',
  ),
  'advice.limited': described(
    'More would be advised without limits',
    'Structures that lower the cost further take more than the limits allow.',
    'Allow more with --storage and --writes.',
  ),
  'advice.materialized-view': described(
    'A materialized view would keep the answer of a query',
    'It was made on loaded rows, and every call gave the same rows over it; its readers see old rows until it is refreshed.',
    'Declare it if its readers may see old rows, and write the query over it.',
  ),
  'advice.statistics': described(
    'Values of several columns go together',
    'PostgreSQL expects other numbers of rows than there are: it knows each column alone.',
    'Declare statistics over these columns.',
  ),
  'advice.kept-out': described(
    'A structure would break the budget of a declared write',
    'It was built on the filled tables of the write, and the call was counted with it.',
    'Keep it out, or give the write a wider budget.',
  ),
  'advice.call-unmeasured': described(
    'A declared write could not be counted',
    'What is advised may bring it beyond its budget.',
    'Name calls to run it with.',
  ),
  'advice.call-broken': described(
    'A declared write is beyond its budget',
    'It was counted on filled tables; indexes that it might need were tried there one by one.',
    'Declare the index that is named; where none is, write less in one call.',
  ),
  'advice.writes-unmeasured': described(
    '--writes does not bound a table',
    'Its rows could not be written again, so that nobody knows what an index on it costs.',
    'Look at the price with assay validate.',
  ),
  'advice.rows-needed': described(
    'Something was not tried where there are no rows',
    'Materialized views and rewrites are held against rows, which nobody loads at a declared size, and nothing is run on a live database; statistics over several columns are made of counted rows.',
    'Declare the statements of a database as queries, and run assay advise on loaded rows, with --rows for more of them.',
  ),
  'advice.statement-skipped': described(
    'A statement of the database is not looked at',
    'It cannot be planned on the structure that the migrations make.',
    'Bring the migrations up to date; where only its constants are missing, declare it as a query.',
  ),
} as const
