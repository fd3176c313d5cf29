import { describe, expect, it } from 'vitest'
import { declarationDigest } from './digest.ts'

describe('the digest of a declaration', () => {
  const said = {
    kind: 'proves',
    id: 'x',
    proof: async (): Promise<void> => undefined,
    at: { file: 'a', line: 1 },
  }

  it('does not see the place or the order of keys', () => {
    const { at: _at, ...rest } = said
    expect(declarationDigest({ at: null, ...Object.fromEntries(Object.entries(rest).toReversed()) })).toBe(
      declarationDigest(said),
    )
  })
  it('sees the body of a proof and every value', () => {
    const other = declarationDigest({
      ...said,
      proof: async () => {
        throw new Error('no')
      },
    })
    expect(other).not.toBe(declarationDigest(said))
    expect(declarationDigest({ row: { a: '1' } })).not.toBe(declarationDigest({ row: { a: '2' } }))
  })
})
