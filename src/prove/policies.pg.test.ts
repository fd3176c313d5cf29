/** Policies of row-level security through the whole engine on a real server: green, red, mutated, and the same twice. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { declaredSample, policySamples, startWithPolicyRoles } from '../../test/support/policy-sets.ts'
import type { PoliciesRule } from '../architecture/kinds/policies.ts'
import type { Server } from '../postgres/server.ts'
import { policiesDdl } from '../rules/policies/design.ts'
import { prove } from './prove.ts'
import type { ProveResult } from './result.ts'

let server: Server

beforeAll(async () => {
  server = await startWithPolicyRoles()
})

afterAll(() => server?.stop())

const proven = async (name: string): Promise<ProveResult> => {
  const sample = policySamples.find((s) => s.name === name)!
  const declared = declaredSample(sample)
  const rule = declared.tables[0]!.rules.find((r): r is PoliciesRule => r.kind === 'policies')!
  const template = await server.createDatabase('policies')
  const owner = await server.connect(template, 'owner')
  await owner.query(`${sample.schema}\n${policiesDdl(rule).join('\n')}`)
  await owner.end()
  await server.admitRoles()
  try {
    return await prove({
      architecture: declared,
      server,
      template,
      steps: ['green', 'red', 'mutate'],
      only: [rule.id],
      startSeconds: 0,
    })
  } finally {
    await server.dropDatabase(template)
  }
}

const verdicts = (result: ProveResult, verdict: string): readonly string[] =>
  result.structures
    .flatMap((s) => s.mutants)
    .flatMap((m) => (m.verdict === verdict ? [`${m.id}: ${m.why}`] : []))

describe('policies, proven', () => {
  it('of an owner and the public: green, red without them, every mutant killed', async () => {
    const result = await proven('owner, member and public')
    const [rule] = result.rules
    expect(rule).toMatchObject({ green: true, red: { proven: true }, unsolved: [] })
    expect(rule!.red!.why).toMatch(/^without its structures: .*(?:sees|updates|inserts)/u)
    expect(verdicts(result, 'killed').length).toBeGreaterThan(20)
    expect([...verdicts(result, 'survived'), ...verdicts(result, 'unsolved')]).toEqual([])
    expect(result.structures.map((s) => s.id)).toContain('function:current_user_id()')
  })

  it('over a table of members: what a foreign key forbids too is redundant, and named', async () => {
    const result = await proven('a subquery on a table of members')
    expect(verdicts(result, 'survived')).toEqual([])
    expect(verdicts(result, 'redundant')).toEqual([
      expect.stringMatching(/owners_write~check-true: members\/references:org_id/u),
    ])
  })

  it('that let everybody through are red when one of them is dropped', async () => {
    const result = await proven('open to everybody')
    expect(result.rules[0]).toMatchObject({ green: true, red: { proven: true } })
    expect(result.rules[0]!.red!.why).toMatch(/^when the policy is dropped/u)
  })

  it('twice: the same words', async () => {
    const [one, other] = [await proven('claims in JSON'), await proven('claims in JSON')]
    const told = (result: ProveResult) => [
      result.rules.map((r) => [r.sentence, r.red, r.experiments.map((e) => e.experiment)]),
      result.structures.map((s) => [s.id, s.fingerprint, s.mutants.map((m) => [m.id, m.verdict, m.why])]),
    ]
    expect(told(one)).toEqual(told(other))
    expect(verdicts(one, 'survived')).toEqual([])
  })
})
