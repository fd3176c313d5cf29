/**
 * A page of the ledger as the text of its file, and back. Each rule and structure is one block that ends in a seal
 * over its own lines: two branches that prove different structures merge cleanly, and a block edited by hand is seen.
 */
import { digest } from '../digest.ts'
import { ledgerFormat, type LedgerHead, type LedgerMutant, type LedgerPage } from './page.ts'
import type { LedgerRule, LedgerStructure } from './page.ts'
import { formatEntries, parseEntries, type Entry, type Malformed, type NewEntry } from './text.ts'

const notice =
  '# Written by `assay prove`. Do not edit: change the rule or the migration and prove again.\n\n'

const withSeal = (entry: NewEntry): NewEntry => ({
  ...entry,
  children: [...(entry.children ?? []), { keyword: 'seal', text: digest(formatEntries([entry]), 8) }],
})

const block = (keyword: string, text: string, children: readonly NewEntry[]): NewEntry =>
  withSeal({ keyword, text, children })

const ruleBlock = (rule: LedgerRule): NewEntry =>
  block('rule', rule.id, [
    { keyword: 'says', text: rule.sentence },
    ...(rule.declared === null ? [] : [{ keyword: 'declared', text: rule.declared }]),
    ...rule.claims.map((text) => ({ keyword: 'claims', text })),
    {
      keyword: rule.red.proven ? 'red' : 'not-red',
      ...(rule.red.experiment ? { text: rule.red.experiment } : {}),
      children: [{ keyword: 'because', text: rule.red.why }],
    },
    { keyword: rule.green ? 'green' : 'not-green' },
    ...rule.unsolved.map(({ summary, tried }) => ({
      keyword: 'unsolved',
      text: summary,
      children: [{ keyword: 'tried', text: tried }],
    })),
    ...(rule.plans ?? []).map(({ tree, calls }) => ({
      keyword: 'plan',
      text: tree.join('\n'),
      children: calls.map((text) => ({ keyword: 'call', text })),
    })),
  ])

const structureBlock = (structure: LedgerStructure): NewEntry =>
  block('structure', structure.id, [
    { keyword: 'is', text: structure.definition },
    ...structure.rules.map((text) => ({ keyword: 'rule', text })),
    { keyword: structure.proven ? 'green' : 'not-green', text: structure.fingerprint },
    { keyword: 'killed', text: `${structure.killed.count} ${structure.killed.digest}` },
    ...structure.others.map(({ id, verdict, why }) => ({
      keyword: verdict,
      text: id,
      children: [{ keyword: 'because', text: why }],
    })),
  ])

export const formatPage = (page: LedgerPage): string => {
  const title =
    page.table === null ? block('database', String(ledgerFormat), []) : block('table', page.table, [])
  return notice + formatEntries([title, ...page.rules.map(ruleBlock), ...page.structures.map(structureBlock)])
}

export const formatHead = (head: LedgerHead): string =>
  notice +
  formatEntries([
    block('ledger', head.architecture, [
      { keyword: 'format', text: String(ledgerFormat) },
      { keyword: 'postgresql', text: String(head.major) },
      { keyword: 'locale', text: head.locale },
      ...head.extensions.map((text) => ({ keyword: 'extension', text })),
      ...(head.statistics === undefined ? [] : [{ keyword: 'statistics', text: head.statistics }]),
    ]),
  ])

/** A block whose seal does not fit its lines: `name` is the rule's or structure's id. */
interface EditedBlock {
  readonly line: number
  readonly keyword: string
  readonly name: string
}

export interface Parsed<T> {
  /** null when the file cannot be understood as a whole. */
  readonly value: T | null
  readonly malformed: readonly Malformed[]
  readonly edited: readonly EditedBlock[]
}

const texts = (entry: Entry, keyword: string): string[] =>
  entry.children.filter((c) => c.keyword === keyword).map((c) => c.text)

const plainEntry = (entry: Entry): NewEntry => ({
  keyword: entry.keyword,
  // An entry that was printed without a text and one with an empty text (`\e`) differ only on paper.
  ...(entry.text === '' && bare.has(entry.keyword) ? {} : { text: entry.text }),
  ...(entry.children.length === 0 ? {} : { children: entry.children.map(plainEntry) }),
})

const bare = new Set(['green', 'not-green', 'red', 'not-red'])

const isSealed = (entry: Entry): boolean => {
  const children = entry.children.filter((c) => c.keyword !== 'seal')
  const seal = digest(formatEntries([plainEntry({ ...entry, children })]), 8)
  return texts(entry, 'seal').join() === seal
}

/** Collects what is missing from an entry while it is read. */
const reader = (malformed: Malformed[]) => {
  const one = (entry: Entry, ...keywords: readonly string[]): Entry => {
    const found = entry.children.filter((c) => keywords.includes(c.keyword))
    if (found.length !== 1) {
      const what = `${found.length === 0 ? 'no' : 'more than one'} “${keywords.join('” or “')}” in ${entry.keyword} ${entry.text}`
      malformed.push({ line: entry.line, summary: what })
    }
    return found[0] ?? { keyword: '', text: '', children: [], line: entry.line }
  }
  const known = (entry: Entry, keywords: readonly string[]): void => {
    for (const child of entry.children)
      if (!keywords.includes(child.keyword))
        malformed.push({ line: child.line, summary: `“${child.keyword}” is no word of a ${entry.keyword}` })
  }
  return { one, known }
}

const others = ['redundant', 'equivalent', 'stillborn', 'survived', 'unsolved'] as const

const isOther = (keyword: string): keyword is LedgerMutant['verdict'] =>
  others.some((verdict) => verdict === keyword)

const parseRule = (entry: Entry, malformed: Malformed[]): LedgerRule => {
  const { one, known } = reader(malformed)
  known(entry, [
    'says',
    'declared',
    'claims',
    'red',
    'not-red',
    'green',
    'not-green',
    'unsolved',
    'plan',
    'seal',
  ])
  const red = one(entry, 'red', 'not-red')
  const plans = entry.children.filter((c) => c.keyword === 'plan')
  return {
    id: entry.text,
    sentence: one(entry, 'says').text,
    declared: texts(entry, 'declared')[0] ?? null,
    claims: texts(entry, 'claims'),
    green: one(entry, 'green', 'not-green').keyword === 'green',
    red: {
      proven: red.keyword === 'red',
      experiment: red.text === '' ? null : red.text,
      why: one(red, 'because').text,
    },
    unsolved: entry.children
      .filter((c) => c.keyword === 'unsolved')
      .map((c) => ({ summary: c.text, tried: one(c, 'tried').text })),
    ...(plans.length === 0
      ? {}
      : { plans: plans.map((c) => ({ tree: c.text.split('\n'), calls: texts(c, 'call') })) }),
  }
}

const parseStructure = (entry: Entry, malformed: Malformed[]): LedgerStructure => {
  const { one, known } = reader(malformed)
  known(entry, ['is', 'rule', 'green', 'not-green', 'killed', 'seal', ...others])
  const green = one(entry, 'green', 'not-green')
  const killed = one(entry, 'killed')
  const [count = '', killedDigest = ''] = killed.text.split(' ')
  if (!/^\d+$/u.test(count))
    malformed.push({ line: killed.line, summary: '“killed” is not a count and a digest' })
  return {
    id: entry.text,
    definition: one(entry, 'is').text,
    fingerprint: green.text,
    proven: green.keyword === 'green',
    rules: texts(entry, 'rule'),
    killed: { count: Number(count), digest: killedDigest },
    others: entry.children.flatMap((c) =>
      isOther(c.keyword) ? [{ id: c.text, verdict: c.keyword, why: one(c, 'because').text }] : [],
    ),
  }
}

const editedOf = (entries: readonly Entry[]): EditedBlock[] =>
  entries
    .filter((entry) => !isSealed(entry))
    .map(({ line, keyword, text }) => ({ line, keyword, name: text }))

export const parsePage = (source: string): Parsed<LedgerPage> => {
  const { entries, malformed: lines } = parseEntries(source)
  const malformed = [...lines]
  const [title, ...blocks] = entries
  if (!title || (title.keyword !== 'table' && title.keyword !== 'database'))
    malformed.push({ line: title?.line ?? 1, summary: 'the page does not start with its table' })
  const ids = new Set<string>()
  for (const b of blocks) {
    const key = `${b.keyword} ${b.text}`
    if (b.keyword !== 'rule' && b.keyword !== 'structure')
      malformed.push({ line: b.line, summary: `“${b.keyword}” is no block of a page` })
    else if (ids.has(key)) malformed.push({ line: b.line, summary: `${key} stands here twice` })
    ids.add(key)
  }
  const page: LedgerPage = {
    table: title?.keyword === 'table' ? title.text : null,
    rules: blocks.filter((b) => b.keyword === 'rule').map((b) => parseRule(b, malformed)),
    structures: blocks.filter((b) => b.keyword === 'structure').map((b) => parseStructure(b, malformed)),
  }
  return { value: malformed.length === 0 ? page : null, malformed, edited: editedOf(entries) }
}

export const parseHead = (source: string): Parsed<LedgerHead> => {
  const { entries, malformed: lines } = parseEntries(source)
  const malformed = [...lines]
  const { one } = reader(malformed)
  const title = entries[0]
  if (!title || title.keyword !== 'ledger')
    return {
      value: null,
      malformed: [...malformed, { line: 1, summary: 'the head does not start with “ledger”' }],
      edited: [],
    }
  const format = one(title, 'format').text
  if (format !== String(ledgerFormat))
    malformed.push({
      line: title.line,
      summary: `format ${format} was written by another version of Assay; this one reads ${ledgerFormat}`,
    })
  const major = one(title, 'postgresql')
  if (!/^\d+$/u.test(major.text))
    malformed.push({ line: major.line, summary: '“postgresql” is not a major version' })
  const [statistics] = texts(title, 'statistics')
  const head = {
    architecture: title.text,
    major: Number(major.text),
    locale: one(title, 'locale').text,
    extensions: texts(title, 'extension'),
    ...(statistics === undefined ? {} : { statistics }),
  }
  return { value: malformed.length === 0 ? head : null, malformed, edited: editedOf(entries) }
}
