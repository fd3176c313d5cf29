import { describe, expect, it } from 'vitest'
import { noClues } from '../constants.ts'
import { registeredNumbers } from './registered-numbers.ts'

const slot = { name: 'code', type: 'text', modifier: -1 } as Parameters<typeof registeredNumbers>[0]
const all = ['97', '10'].flatMap((divisor) =>
  registeredNumbers(slot, { ...noClues, constants: [divisor], remainders: true }),
)

const digits = (text: string): string => Array.from(text, (c) => String(Number.parseInt(c, 36))).join('')

const luhn = (text: string): boolean => {
  const each = Array.from(digits(text), Number).toReversed()
  return each.reduce((sum, d, i) => sum + (i % 2 === 0 ? d : d > 4 ? 2 * d - 9 : 2 * d), 0) % 10 === 0
}

describe('numbers of published schemes', () => {
  it('are none where nothing asks for them', () => {
    expect(registeredNumbers(slot, noClues)).toEqual([])
    expect(registeredNumbers(slot, { ...noClues, constants: ['2'], remainders: true })).toEqual([])
  })

  it('of accounts have the check digits of ISO 13616, and several of each country', () => {
    const ibans = all.filter((one) => /^[A-Z]{2}\d{2}/u.test(one) && one.length > 14 && !/^1|^5/u.test(one))
    expect(ibans.length).toBeGreaterThanOrEqual(54)
    for (const iban of ibans)
      expect([iban, BigInt(digits(iban.slice(4) + iban.slice(0, 4))) % 97n]).toEqual([iban, 1n])
    expect(new Set(ibans.filter((one) => one.startsWith('DE'))).size).toBe(3)
  })

  it('of legal entities have those of ISO 17442, of securities those of ISO 6166', () => {
    const leis = all.filter(
      (one) => one.length === 20 && /^[A-Z\d]{18}\d{2}$/u.test(one) && !/^[A-Z]{2}\d{2}/u.test(one),
    )
    expect(new Set(leis).size).toBe(3)
    for (const lei of leis) expect([lei, BigInt(digits(lei)) % 97n]).toEqual([lei, 1n])
    const isins = all.filter((one) => /^[A-Z]{2}[A-Z\d]{9}\d$/u.test(one))
    expect(isins.length).toBe(5)
    for (const isin of isins) expect([isin, luhn(isin)]).toEqual([isin, true])
  })

  it('are those that the name of a column speaks of', () => {
    expect(registeredNumbers({ ...slot, name: 'lei' }, noClues)).toHaveLength(3)
    const patterns = [{ syntax: 'regex', text: '^[A-Z]{2}' }] as const
    expect(registeredNumbers({ ...slot, name: 'debtor_iban' }, { ...noClues, patterns })).toHaveLength(54)
  })
})
