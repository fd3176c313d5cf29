import { describe, expect, test } from 'vitest'
import type { Finding } from '../prove/result.ts'
import { findingsText } from './findings.ts'
import { colourPaint, plainPaint } from './paint.ts'

const layout = { paint: plainPaint, width: 80 }

const survivor = (table: string, ddl = `alter policy "p" on "${table}" to public;`): Finding => ({
  code: 'mutant.survived',
  severity: 'error',
  structure: `${table}/policy:p`,
  summary: `${table}: nobody notices when TO app becomes TO PUBLIC`,
  reason: 'TO app becomes TO PUBLIC',
  why: 'every experiment answers as before',
  fix: `add a rule that this would break:\n${ddl}`,
})

const red: Finding = {
  code: 'rule.red',
  severity: 'error',
  rule: 'products/check:price_not_negative',
  summary:
    'products: price not negative: price >= 0: price -0.01 is refused: expected it to be refused, but it was accepted',
  why: 'the rule is declared, and the database does not keep it',
  fix: 'add to a migration:\nalter table "products" add constraint "price_not_negative" check (price >= 0);',
  where: { file: 'data/products.ts', line: 23 },
}

describe('findings', () => {
  test('each tells its id, why, the mend as it is to be written, and where', () => {
    expect(findingsText([red], layout).join('\n'))
      .toBe(`  ✗ products: price not negative: price >= 0: price -0.01 is refused: expected
    it to be refused, but it was accepted
    id    products/check:price_not_negative
    why   the rule is declared, and the database does not keep it
    mend  add to a migration:
          alter table "products" add constraint "price_not_negative" check (price >= 0);
    where data/products.ts:23`)
  })

  test('two alike are told one by one, three together with all of their ids', () => {
    const two = findingsText([survivor('a'), survivor('b')], layout).join('\n')
    expect(two.match(/✗/gu)).toHaveLength(2)
    expect(findingsText([survivor('a'), red, survivor('b'), survivor('c')], layout).join('\n'))
      .toBe(`  ✗ 3 times: TO app becomes TO PUBLIC
    ids   a/policy:p · b/policy:p · c/policy:p
    why   every experiment answers as before
    mend  for a/policy:p, and likewise for the others: add a rule that this
          would break:
          alter policy "p" on "a" to public;
${findingsText([red], layout).join('\n')}`)
  })

  test('the same reason under another code is another thing', () => {
    const unsolved = { ...survivor('c'), code: 'mutant.unsolved' }
    expect(
      findingsText([survivor('a'), survivor('b'), unsolved], layout)
        .join('\n')
        .match(/✗/gu),
    ).toHaveLength(3)
  })

  test('a note is no error', () => {
    const note: Finding = { ...red, severity: 'note' }
    expect(findingsText([note], layout)[0]).toMatch(/^ {2}· products/u)
    const coloured = findingsText([red], { ...layout, paint: colourPaint })[0] ?? ''
    expect(coloured.startsWith('  \u001B[31m✗\u001B[39m products')).toBe(true)
  })

  test('hostile names neither steer the terminal nor begin a line of their own', () => {
    const evil: Finding = {
      ...red,
      rule: 'x\n✓ all is well\u001B[2J',
      summary: 'x\n✓ all is well\u001B[2J',
      fix: 'drop it:\ndrop table "x\u202e";',
    }
    const text = findingsText([evil], layout).join('\n')
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/u)
    expect(text).not.toMatch(/^ {0,2}✓/mu)
    expect(text).toContain(String.raw`drop table "x\u202e";`)
  })
})
