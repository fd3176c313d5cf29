/** A whole ledger from the texts of its files, wherever they come from: the working tree or a git commit. */
import { databaseFile, headFile, pageFile, tablesDirectory } from './path.ts'
import { inOrder, type Ledger, type LedgerPage } from './page.ts'
import { parseHead, parsePage, type Parsed } from './format.ts'
import type { Finding } from '../result.ts'

const mend = 'Run `npx assay prove`, which writes the page again from what it finds, and commit it.'

const problemsOf = (file: string, parsed: Parsed<unknown>): Finding[] => [
  ...parsed.malformed.map(({ line, summary }): Finding => ({
    code: 'ledger.malformed',
    severity: 'error',
    summary: `${file}, line ${line}: ${summary}.`,
    why: 'A page that cannot be read proves nothing about its table.',
    fix: mend,
    where: { file, line },
  })),
  ...parsed.edited.map(({ line, keyword, name }): Finding => ({
    code: 'ledger.edited',
    severity: 'error',
    ...(keyword === 'rule' ? { rule: name } : keyword === 'structure' ? { structure: name } : {}),
    summary: `${file}, line ${line}: the block of ${keyword} ${name} was changed by hand.`,
    why: 'Its lines do not fit its seal, so they are not what a run has found.',
    fix: mend,
    where: { file, line },
  })),
]

/** Whether a path inside the ledger's directory is one of its pages. */
export const isPageFile = (path: string): boolean =>
  path === databaseFile || (path.startsWith(`${tablesDirectory}/`) && path.endsWith('.txt'))

/** `files`: path inside the ledger's directory (with `/`) → its text. `place`: the directory, for findings. */
export const parseLedger = (files: ReadonlyMap<string, string>, place: string): Ledger => {
  const problems: Finding[] = []
  const pages: LedgerPage[] = []
  const headText = files.get(headFile)
  const head = headText === undefined ? null : parseHead(headText)
  if (head) problems.push(...problemsOf(`${place}/${headFile}`, head))
  for (const path of [...files.keys()].filter(isPageFile).toSorted(inOrder)) {
    const file = `${place}/${path}`
    const parsed = parsePage(files.get(path) ?? '')
    problems.push(...problemsOf(file, parsed))
    if (!parsed.value) continue
    if (pageFile(parsed.value.table) === path) pages.push(parsed.value)
    else
      problems.push({
        code: 'ledger.misplaced',
        severity: 'error',
        summary: `${file} is the page of ${parsed.value.table ?? 'the database'}, which stands in ${pageFile(parsed.value.table)}.`,
        why: 'A copied or renamed page would prove one table by the evidence of another.',
        fix: mend,
        where: { file, line: 1 },
      })
  }
  return { head: head?.value ?? null, pages, problems }
}
