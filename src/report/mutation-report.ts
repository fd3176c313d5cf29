/**
 * The mutants of one architecture as a file that mutation-testing-elements and other tools of that schema read: one
 * file per table, whose source is the DDL of its structures.
 */
import type { MutantResult, ProveResult, StructureResult, Verdict } from '../prove/result.ts'
import { mutantChange, plainDdl } from './mutant-change.ts'

interface Position {
  /** 1-based, as column. */
  readonly line: number
  readonly column: number
}

interface ReportedMutant {
  readonly id: string
  readonly mutatorName: string
  readonly description: string
  readonly replacement: string
  readonly location: { readonly start: Position; readonly end: Position }
  readonly status: 'Killed' | 'Survived' | 'Ignored' | 'CompileError' | 'Pending'
  readonly statusReason?: string
  readonly killedBy?: readonly string[]
  readonly coveredBy?: readonly string[]
}

interface ReportedFile {
  readonly language: 'sql'
  readonly source: string
  readonly mutants: readonly ReportedMutant[]
}

export interface MutationReport {
  readonly schemaVersion: '2'
  readonly thresholds: { readonly high: number; readonly low: number }
  readonly framework: { readonly name: string }
  readonly files: Readonly<Record<string, ReportedFile>>
  readonly testFiles: Readonly<
    Record<string, { readonly tests: readonly { readonly id: string; readonly name: string }[] }>
  >
}

/** Redundant and equivalent ones cannot be told apart and do not count; what was not found out is left pending. */
const statusOf: Readonly<Record<Verdict, ReportedMutant['status']>> = {
  killed: 'Killed',
  survived: 'Survived',
  equivalent: 'Ignored',
  redundant: 'Ignored',
  stillborn: 'CompileError',
  unsolved: 'Pending',
}

const reasonOf = ({ verdict, why }: MutantResult): string => {
  if (verdict === 'redundant') return `redundant: ${why} still refuses it`
  return verdict === 'stillborn' ? why : `${verdict}: ${why}`
}

/** Where a text that begins at a line ends, `offset` letters on. */
const positionIn = (text: string, offset: number, line: number): Position => {
  const before = text.slice(0, offset).split('\n')
  return { line: line + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 }
}

const isWordLetter = (letter: string | undefined): boolean =>
  letter !== undefined && /[\p{L}\p{N}_]/u.test(letter)

/** What two texts have in common at both ends, in whole words. */
const commonEnds = (a: string, b: string): readonly [start: number, end: number] => {
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  while (start > 0 && (isWordLetter(a[start]) || isWordLetter(b[start])) && isWordLetter(a[start - 1]))
    start--
  let end = 0
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  while (end > 0 && isWordLetter(a[a.length - end]) && isWordLetter(a[a.length - end - 1])) end--
  return [start, end]
}

const reportedMutant = (
  mutant: MutantResult,
  create: readonly string[],
  lineOf: ReadonlyMap<string, number>,
  first: Position,
): ReportedMutant => {
  const { id, operator, summary, verdict, why } = mutant
  const { before, after } = mutantChange(create, mutant)
  const text = before ?? create[0] ?? ''
  const line = lineOf.get(text) ?? first.line
  const replacement = after ?? (before === null ? plainDdl(mutant.ddl).join(';\n') : '')
  const [start, end] = before !== null && after !== null ? commonEnds(before, after) : [0, 0]
  const killed = verdict === 'killed'
  return {
    id,
    mutatorName: operator,
    description: summary,
    replacement: replacement.slice(start, replacement.length - end),
    location: { start: positionIn(text, start, line), end: positionIn(text, text.length - end, line) },
    status: statusOf[verdict],
    ...(killed ? { killedBy: [why], coveredBy: [why] } : { statusReason: reasonOf(mutant) }),
  }
}

const reportedFile = (structures: readonly StructureResult[]): ReportedFile => {
  const lines: string[] = []
  const mutants: ReportedMutant[] = []
  for (const structure of structures) {
    const create = plainDdl(structure.create ?? [structure.definition])
    lines.push(`-- ${structure.id.replaceAll(/\s/gu, ' ')}`)
    const first = { line: lines.length + 1, column: 1 }
    const lineOf = new Map<string, number>([[create.join(';\n'), first.line]])
    for (const sql of create) {
      lineOf.set(sql, lines.length + 1)
      lines.push(...`${sql};`.split('\n'))
    }
    mutants.push(...structure.mutants.map((mutant) => reportedMutant(mutant, create, lineOf, first)))
  }
  return { language: 'sql', source: `${lines.join('\n')}\n`, mutants }
}

/** Null when no mutant was made. */
export const mutationReport = (result: ProveResult): MutationReport | null => {
  if (!result.structures.some((structure) => structure.mutants.length > 0)) return null
  const byTable = new Map<string, StructureResult[]>()
  for (const structure of result.structures) {
    const name = structure.table ?? 'database'
    const group = byTable.get(name)
    if (group) group.push(structure)
    else byTable.set(name, [structure])
  }
  const killers = new Set(result.structures.flatMap((s) => s.mutants.map((m) => m.why)))
  const tests = new Map<string, { id: string; name: string }[]>()
  for (const { table, sentence, experiments } of result.rules) {
    for (const { experiment } of experiments) {
      if (!killers.has(experiment.id)) continue
      const test = { id: experiment.id, name: `${sentence}: ${experiment.title}` }
      const group = tests.get(table)
      if (group) group.push(test)
      else tests.set(table, [test])
    }
  }
  return {
    schemaVersion: '2',
    thresholds: { high: 100, low: 80 },
    framework: { name: 'Assay' },
    files: Object.fromEntries([...byTable].map(([name, own]) => [`${name}.sql`, reportedFile(own)])),
    testFiles: Object.fromEntries([...tests].map(([name, own]) => [name, { tests: own }])),
  }
}
