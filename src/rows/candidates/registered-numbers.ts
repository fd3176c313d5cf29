/**
 * Numbers that are given out under a published scheme, each with its check digits: examples of the schemes' own registers
 * (ISO 13616 accounts, ISO 17442 legal entities, ISO 6166 securities, ISO 3779 vehicles, and some that countries give).
 */
import type { ValueClues } from '../constants.ts'
import type { Slot } from './family.ts'

/** One of each country, with the length and the letters that it has there. */
const accounts =
  'DE89370400440532013000 GB29NWBK60161331926819 FR1420041010050500013M02606 NL91ABNA0417164300 ES9121000418450200051332 ' +
  'IT60X0542811101000000123456 AT611904300234573201 BE68539007547034 CH9300762011623852957 PL61109010140000071219812874 ' +
  'PT50000201231234567890154 IE29AIBK93115212345678 FI2112345600000785 LU280019400644750000 SE4550000000058398257466 ' +
  'DK5000400440116243 NO9386011117947 CZ6508000000192000145399'

/** ISO 7064, MOD 97-10: letters count as 10 to 35. */
const mod97 = (text: string): number => {
  let rest = 0
  for (const c of text) {
    const value = Number.parseInt(c, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

/** An account beside it at the same bank, or at one beside: its last character is another, and its check digits follow. */
const accountWithEnd = (account: string, end: string): string => {
  const country = account.slice(0, 2)
  const rest = account.slice(4, -1) + end
  return `${country}${String(98 - mod97(`${rest}${country}00`)).padStart(2, '0')}${rest}`
}

const ibans = accounts
  .split(' ')
  .flatMap((account) => [account, accountWithEnd(account, '1'), accountWithEnd(account, '2')])

const others: readonly (readonly [name: RegExp, numbers: string])[] = [
  [/lei|legal_?entity/iu, '5493001KJTIIGC8Y1R12 HWUPKR0MPOU8FGXBT394 529900T8BM49AURSDO55'],
  [/isin|security|instrument/iu, 'US0378331005 DE0007164600 GB0002634946 US5949181045 FR0000131104'],
  [/vin|chassis|vehicle/iu, '1HGCM82633A004352 1M8GDM9AXKP042788 11111111111111111'],
  [/cusip/iu, '037833100 594918104 38259P508'],
  [/sedol/iu, 'B0YBKJ7 0263494 B1F3M59'],
  [/tax|steuer|tin/iu, '86095742719 47036892816 65929970489'],
  [/aba|routing/iu, '021000021 011401533 091000019'],
  [/npi|provider/iu, '1234567893 1245319599 1679576722'],
  [/nhs|patient/iu, '9434765919 4505577104 9876543210'],
]

const split = (numbers: string): readonly string[] => numbers.split(' ')

/** Those that the column's name speaks of; where a remainder is computed all of its scheme: of 97, or of ten and eleven. */
export const registeredNumbers = ({ name }: Slot, clues: ValueClues): readonly string[] => {
  const named = others.flatMap(([is, numbers]) => (is.test(name) ? split(numbers) : []))
  const has = (divisor: string): boolean => clues.remainders === true && clues.constants.includes(divisor)
  if (has('97')) return [...named, ...ibans, ...split(others[0]![1])]
  if (has('10') || has('11'))
    return [...new Set([...named, ...others.flatMap(([, numbers]) => split(numbers))])]
  return clues.patterns.length > 0 && /iban|account/iu.test(name) ? [...named, ...ibans] : named
}
