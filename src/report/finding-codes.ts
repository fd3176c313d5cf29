/** What each code of a finding means, apart from where it was found: the rules that a SARIF viewer lists. */

export interface FindingCode {
  readonly title: string
  readonly why: string
  readonly fix: string
}

const again = 'Run `npx assay prove` and commit the ledger that it writes.'

const reviewed = 'Have a reviewer agree, or take the change back.'

const codes: Readonly<Record<string, FindingCode>> = {
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
  'architecture.empty': {
    title: 'There is nothing to prove',
    why: 'That nothing is wrong with nothing says nothing.',
    fix: 'Name tables with their rules in the architecture.',
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
  'ledger.server-changed': {
    title: 'The proof was made on another server',
    why: 'Another version, locale or set of extensions may answer otherwise.',
    fix: again,
  },
}

/** One that is not described here is told by the first finding that has it. */
export const describeCode = (
  code: string,
  finding: { readonly why: string; readonly fix: string },
): FindingCode =>
  codes[code] ?? { title: code, why: finding.why, fix: finding.fix.split('\n')[0] ?? finding.fix }
