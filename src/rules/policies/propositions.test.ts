/** What policies say together, compared by the truth of their parts. */
import { beforeAll, describe, expect, it } from 'vitest'
import { loadParser } from '../../postgres/parse.ts'
import { saysNoMore } from './propositions.ts'

beforeAll(() => loadParser())

const asked = (permissive: readonly string[], restrictive: readonly string[] = []) => ({
  permissive,
  restrictive,
})

describe('what policies say together', () => {
  it('is the same without what a policy beside it says', () => {
    const all = asked(['open or owner = uid()', 'owner = uid()'])
    expect(saysNoMore(all, asked(['open', 'owner = uid()']))).toBe(true)
    expect(saysNoMore(all, asked(['open or owner = uid()']))).toBe(true)
    expect(saysNoMore(all, asked(['open']))).toBe(false)
  })

  it('is another where a part is needed, or is new', () => {
    expect(saysNoMore(asked(['open and owner = uid()']), asked(['open']))).toBe(false)
    expect(saysNoMore(asked(['open', 'open and shared']), asked(['open', 'open and late']))).toBe(false)
    expect(saysNoMore(asked(['open'], ['not gone']), asked(['open']))).toBe(false)
  })

  it('takes NOT for a part of its own: unknown is neither true nor false', () => {
    expect(saysNoMore(asked(['open', 'not open']), asked(['true']))).toBe(false)
  })

  it('knows that nobody is let through where nothing permits', () => {
    expect(saysNoMore(asked([], ['open']), asked([]))).toBe(true)
    expect(saysNoMore(null, asked([]))).toBe(false)
  })
})
