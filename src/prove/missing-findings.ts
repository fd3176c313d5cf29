/**
 * What the database lacks altogether, and what it has besides: one finding for a table that is not there, one for the
 * columns that a table lacks, one for a table that nothing declares, however many rules or structures that concerns.
 */
import type { DeclaredTable } from '../architecture/architecture.ts'
import { structureId } from '../ground/names.ts'
import { didYouMean } from '../ground/nearest-name.ts'
import { ident, qualified } from '../postgres/quote.ts'
import type { Finding, RuleResult, StructureResult } from './result.ts'

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

const place = (table: DeclaredTable | undefined, rules: readonly RuleResult[]): Pick<Finding, 'where'> => {
  const at = table?.at ?? rules.find((rule) => rule.at !== null)?.at
  return at ? { where: at } : {}
}

/** DDL that makes a type, which has to stand before the table that uses it. */
const typesFirst = (rules: readonly RuleResult[]): readonly string[] => [
  ...new Set(rules.flatMap((rule) => rule.design).filter((sql) => /\bcreate (?:type|domain)\b/u.test(sql))),
]

const createTable = (table: DeclaredTable, rules: readonly RuleResult[]): string => {
  const columns = table.columns.map(({ name, type }) => `  ${ident(name)} ${type}`).join(',\n')
  return [...typesFirst(rules), `create table ${qualified(table)} (\n${columns}\n);`].join('\n')
}

const missingTable = (
  id: string,
  table: DeclaredTable | undefined,
  rules: readonly RuleResult[],
  undeclared: readonly string[],
): Finding => ({
  code: 'table.missing',
  severity: 'error',
  structure: id,
  summary: `${id}: the table does not exist, so ${rules.length === 1 ? 'its rule is' : `its ${rules.length} rules are`} red`,
  why: `it is declared, and no migration makes it.${didYouMean(id, undeclared)}`,
  fix: table
    ? `add it to a migration, then let \`npx assay green\` name what its rules ask for:\n${createTable(table, rules)}`
    : 'make it in a migration',
  ...place(table, rules),
})

/** What stands among the views: its design is the whole of it. */
const missingView = (id: string, rules: readonly RuleResult[]): Finding => ({
  code: 'view.missing',
  severity: 'error',
  structure: id,
  summary: `${id}: the view does not exist, so ${rules.length === 1 ? 'its rule is' : `its ${rules.length} rules are`} red`,
  why: 'it is declared, and no migration makes it',
  fix: `add to a migration:\n${rules.flatMap((rule) => rule.design).join('\n')}`,
  ...place(undefined, rules),
})

const missingColumns = (
  id: string,
  table: DeclaredTable | undefined,
  rules: readonly RuleResult[],
): Finding => {
  const names = [...new Set(rules.flatMap((rule) => rule.missing?.columns ?? []))]
  const adds = names.map((name) => {
    const type = table?.columns.find((column) => column.name === name)?.type ?? 'text'
    return `alter table ${table ? qualified(table) : id} add column ${ident(name)} ${type};`
  })
  return {
    code: 'column.missing',
    severity: 'error',
    structure: id,
    summary: `${id}: the table has no column ${names.join(', ')}, so ${counted(rules.length, 'rule')} that ${rules.length === 1 ? 'names' : 'name'} ${names.length === 1 ? 'it' : 'them'} ${rules.length === 1 ? 'is' : 'are'} red`,
    why:
      names.length === 1
        ? 'it is declared, and no migration makes it'
        : 'they are declared, and no migration makes them',
    fix: `add to a migration:\n${[...typesFirst(rules), ...adds].join('\n')}`,
    ...place(undefined, rules),
  }
}

/**
 * One finding for each table, at its first rule; rules that lack nothing are left to others. `undeclared` are the
 * tables that exist and that nothing declares: one of them may be meant.
 */
export const missingFindings = (
  rules: readonly RuleResult[],
  tables: readonly DeclaredTable[],
  undeclared: readonly string[],
): ReadonlyMap<RuleResult, Finding> => {
  const found = new Map<RuleResult, Finding>()
  const lacking = rules.filter((rule) => rule.missing !== undefined)
  for (const id of new Set(lacking.map((rule) => rule.table))) {
    const own = lacking.filter((rule) => rule.table === id)
    const table = tables.find((t) => t.id === id)
    const isWhole = own[0]!.missing!.columns === null
    if (isWhole && table === undefined) found.set(own[0]!, missingView(id, own))
    else
      found.set(own[0]!, isWhole ? missingTable(id, table, own, undeclared) : missingColumns(id, table, own))
  }
  return found
}

/** Tables that exist and that nothing declares, with all that stands on them, at the first structure of each. */
export const undeclaredTables = (
  structures: readonly StructureResult[],
  tables: readonly DeclaredTable[],
): { readonly findings: ReadonlyMap<StructureResult, Finding>; readonly ids: ReadonlySet<string> } => {
  const findings = new Map<StructureResult, Finding>()
  const ids = new Set<string>()
  const declared = new Set(tables.map((table) => table.id))
  for (const id of new Set(structures.flatMap((s) => s.table ?? []))) {
    const own = structures.filter((s) => s.table === id)
    const [table] = own
    // The table itself comes first of what stands on it, and has no detail in its id.
    const isWhole = table !== undefined && table.id === structureId(id, table.kind)
    if (!isWhole || declared.has(id) || own.some((s) => s.rules.length > 0)) continue
    ids.add(id)
    findings.set(table, {
      code: 'structure.unproven',
      severity: 'error',
      structure: table.id,
      summary: `${id}: the table ${own.length === 1 ? 'exists' : `and its ${counted(own.length - 1, 'structure')} exist`}, and nothing declares it`,
      why: 'no data structure exists until a test proves that it works',
      fix: `declare it with its rules and name it among the architecture's tables, or drop it in a migration:\n${table.declaredBy ?? `table(${JSON.stringify(id)}, { … })`}`,
    })
  }
  return { findings, ids }
}
