/** Views: a select under a name, whose rights decide what a caller sees through it. */
import { relationId } from '../ground/names.ts'
import { qualified } from '../postgres/quote.ts'
import { makeMutant } from './make-mutant.ts'
import type { Catalog, Mutant, Structure, StructureKind } from './structure.ts'
import { viewQueryMutants } from './view/mutants.ts'
import { createView, dropView, readViews, viewRemoved, type ViewFacts } from './view/structure.ts'

const optionOf = ({ options }: ViewFacts, name: string): string | null =>
  options?.find((o) => o.startsWith(`${name}=`))?.slice(name.length + 1) ?? null

const isOn = (facts: ViewFacts, name: string): boolean =>
  ['true', 'on', '1', 'yes'].includes(optionOf(facts, name) ?? '')

const set = (facts: ViewFacts, option: string): readonly string[] => [
  `alter view ${qualified(facts)} set (${option})`,
]
const reset = (facts: ViewFacts, option: string): readonly string[] => [
  `alter view ${qualified(facts)} reset (${option})`,
]

const invokerFlipped = (view: Structure<ViewFacts>, catalog: Catalog): Mutant[] => {
  // PostgreSQL 14 has no security_invoker: every view reads with its owner's rights.
  if (catalog.major < 15) return []
  const { facts } = view
  const on = isOn(facts, 'security_invoker')
  return [
    makeMutant(view, {
      does: on ? 'security-invoker-off' : 'security-invoker-on',
      effect: on ? 'weakened' : 'strengthened',
      summary: on ? 'it reads with the rights of its owner' : 'it reads with the rights of its caller',
      ddl: on ? reset(facts, 'security_invoker') : set(facts, 'security_invoker = true'),
    }),
  ]
}

/**
 * A barrier is only taken away, never added: one that is added changes nothing but the order of conditions, which no
 * rule can ask for (it hides more from leaky functions, and no row of an answer).
 */
const barrierOff = (view: Structure<ViewFacts>): Mutant[] =>
  isOn(view.facts, 'security_barrier')
    ? [
        makeMutant(view, {
          does: 'security-barrier-off',
          effect: 'weakened',
          summary: 'a caller’s functions may see rows before its conditions have left them out',
          ddl: reset(view.facts, 'security_barrier'),
        }),
      ]
    : []

const checkOption = (view: Structure<ViewFacts>): Mutant[] => {
  const { facts } = view
  const option = optionOf(facts, 'check_option')
  if (option === null) return []
  const other = option === 'local' ? 'cascaded' : 'local'
  return [
    makeMutant(view, {
      does: 'check-option-removed',
      effect: 'weakened',
      summary: 'rows may be written through it that it does not show',
      ddl: reset(facts, 'check_option'),
    }),
    makeMutant(view, {
      does: 'check-option-exchanged',
      details: [other],
      effect: other === 'local' ? 'weakened' : 'strengthened',
      summary: `WITH ${option.toUpperCase()} CHECK OPTION becomes ${other.toUpperCase()}`,
      ddl: set(facts, `check_option = ${other}`),
      equivalent: view.dependsOn.some((id) => id.startsWith('view:'))
        ? null
        : 'it stands on no other view: LOCAL and CASCADED check the same conditions',
    }),
  ]
}

export const viewKind: StructureKind<ViewFacts> = {
  kind: 'view',
  read: (db) => readViews(db, 'view'),
  create: createView,
  drop: dropView,
  actsByName: true,
  mutants: (view, catalog) => [
    viewRemoved(view, catalog),
    ...invokerFlipped(view, catalog),
    ...barrierOff(view),
    ...checkOption(view),
    ...viewQueryMutants(view, catalog),
  ],
  declaredBy: ({ facts }) => `view(${JSON.stringify(relationId(facts))}, …) with its query`,
}
