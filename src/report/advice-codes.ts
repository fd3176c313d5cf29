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
  'advice.limited': described(
    'More would be advised without limits',
    'Structures that lower the cost further take more than the limits allow.',
    'Allow more with --storage and --writes.',
  ),
  'advice.statement-skipped': described(
    'A statement of the database is not looked at',
    'It cannot be planned on the structure that the migrations make.',
    'Bring the migrations up to date; where only its constants are missing, declare it as a query.',
  ),
} as const
