/** One structure: what it is, which rules ask for it, and every way in which it was broken. */
import type { ReactElement } from 'react'
import type { SiteMutant, SiteStructure, SiteVerdict } from '../report/site-model.ts'
import { tableInId } from './address.ts'
import { Heading, RuleLink, Trail } from './links.tsx'
import { Mutant } from './mutant.tsx'
import { tableFor, useReport, useTablePage } from './report.tsx'
import { counted, shownText } from './shown-text.ts'
import { Sql } from './sql.tsx'
import { verdictWords } from './state-mark.tsx'

/** What asks for a look comes first. */
const order: readonly SiteVerdict[] = [
  'survived',
  'unsolved',
  'killed',
  'redundant',
  'equivalent',
  'stillborn',
]

const Facts = ({ structure }: { readonly structure: SiteStructure }): ReactElement => {
  const { id, kind, definition, fingerprint, rules, declaredBy } = structure
  return (
    <dl className="facts">
      <dt>Definition</dt>
      <dd>
        <code className="definition">{shownText(definition)}</code>
      </dd>
      <dt>Kind</dt>
      <dd>{kind}</dd>
      <dt>Asked for by</dt>
      <dd>
        {rules.length === 0 ? (
          <>
            <span className="mark red">✗ no rule</span>
            {declaredBy === null ? null : (
              <>
                {' '}
                declare <code>{shownText(declaredBy)}</code>
              </>
            )}
          </>
        ) : (
          <ul className="plain">
            {rules.map((rule) => (
              <li key={rule}>
                <RuleLink id={rule} />
              </li>
            ))}
          </ul>
        )}
      </dd>
      <dt>Fingerprint</dt>
      <dd>
        <code>{fingerprint}</code>
      </dd>
      <dt>Id</dt>
      <dd>
        <code>{shownText(id)}</code>
      </dd>
    </dl>
  )
}

const Mutants = ({ mutants }: { readonly mutants: readonly SiteMutant[] }): ReactElement => (
  <>
    {order
      .map((verdict) => [verdict, mutants.filter((mutant) => mutant.verdict === verdict)] as const)
      .filter(([, own]) => own.length > 0)
      .map(([verdict, own]) => (
        <section key={verdict} aria-labelledby={`verdict-${verdict}`}>
          <h3 id={`verdict-${verdict}`}>
            {own.length} {verdict} <span className="muted">{verdictWords[verdict].means}</span>
          </h3>
          {own.map((mutant) => (
            <Mutant key={mutant.id} mutant={mutant} />
          ))}
        </section>
      ))}
  </>
)

const mutantsText = ({ mutants }: SiteStructure): string | null => {
  if (mutants === null) return 'It was not broken in this run.'
  return mutants.length === 0 ? 'There is no way to break it: it is listed, and not mutated.' : null
}

export const StructurePage = ({ id }: { readonly id: string }): ReactElement => {
  const report = useReport()
  const { structures } = useTablePage(tableFor(report, id))
  const structure = structures.find((own) => own.id === id)
  if (!structure)
    return (
      <>
        <Trail table={tableInId(id)} here={id} />
        <Heading>There is no structure {shownText(id)} in this report</Heading>
      </>
    )
  const said = mutantsText(structure)
  return (
    <>
      <Trail table={tableFor(report, id)} here={structure.kind} />
      <Heading>
        {structure.kind} {shownText(structure.name)}
      </Heading>
      <Facts structure={structure} />
      <section aria-labelledby="ddl-heading">
        <h2 id="ddl-heading">DDL</h2>
        <Sql sql={`${structure.create.join(';\n')};`} label="DDL of the structure" />
      </section>
      <section aria-labelledby="mutants-heading">
        <h2 id="mutants-heading">
          {structure.mutants === null ? 'Mutants' : counted(structure.mutants.length, 'mutant')}
        </h2>
        {said === null ? <Mutants mutants={structure.mutants ?? []} /> : <p className="notice">{said}</p>}
      </section>
    </>
  )
}
