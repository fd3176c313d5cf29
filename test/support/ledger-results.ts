/** Results of runs for the tests of the ledger: small, whole, and sound unless changed. */
import type { LedgerNow } from '../../src/prove/ledger/check.ts'
import type {
  MutantResult,
  ProveResult,
  RuleResult,
  StructureResult,
  Verdict,
} from '../../src/prove/result.ts'

export const mutant = (id: string, verdict: Verdict, why = 'because'): MutantResult => ({
  id,
  structure: id.split('~')[0] ?? '',
  operator: 'x',
  effect: 'removed',
  summary: '',
  ddl: [],
  verdict,
  why,
})

export const rule = (id: string, more: Partial<RuleResult> = {}): RuleResult => ({
  id,
  kind: 'check',
  table: id.split('/')[0] ?? '',
  sentence: `sentence of ${id}`,
  at: null,
  claims: [id],
  declared: 'aaaa',
  green: true,
  red: { proven: true, experiment: null, why: 'accepted' },
  experiments: [],
  unsolved: [],
  design: [],
  ...more,
})

export const structure = (id: string, more: Partial<StructureResult> = {}): StructureResult => ({
  id,
  kind: 'check',
  table: id.split('/')[0] ?? '',
  name: 'n',
  definition: `CHECK (${id})`,
  fingerprint: 'f00d',
  rules: [id],
  declaredBy: null,
  mutants: [mutant(`${id}~removed`, 'killed'), mutant(`${id}~b`, 'killed'), mutant(`${id}~c`, 'equivalent')],
  ...more,
})

export const resultOf = (
  rules: readonly RuleResult[],
  structures: readonly StructureResult[],
): ProveResult => ({
  architecture: 'commerce',
  server: { major: 18, locale: 'C.UTF-8', extensions: ['citext'] },
  tables: [...new Set(rules.map((r) => r.table))],
  rules,
  structures,
  findings: [],
  summary: {
    tables: 0,
    structures: 0,
    rules: 0,
    experiments: 0,
    red: 0,
    green: 0,
    unproven: 0,
    mutants: { made: 0, killed: 0, redundant: 0, equivalent: 0, stillborn: 0, survived: 0, unsolved: 0 },
    seconds: { start: 1.5, red: 2, green: 3, mutate: 4 },
  },
})

export const sound = resultOf(
  [rule('products/check:a'), rule('products/check:b'), rule('orders/check:a')],
  [
    structure('products/check:a'),
    structure('products/check:b'),
    structure('orders/check:a'),
    structure('type/enum:status', { table: null, rules: ['orders/check:a'] }),
  ],
)

export const nowOf = (result: ProveResult): LedgerNow => ({
  rules: result.rules.map((r) => ({ ...r, declared: r.declared ?? '' })),
  structures: result.structures,
  server: result.server,
})

export const replaced = <T extends { readonly id: string }>(
  items: readonly T[],
  id: string,
  more: Partial<T>,
): T[] => items.map((item) => (item.id === id ? { ...item, ...more } : item))
