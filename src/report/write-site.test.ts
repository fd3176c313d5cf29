import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resultOf, rule, sound, structure } from '../../test/support/ledger-results.ts'
import { AssayError } from '../ground/errors.ts'
import type { ProjectProof } from '../project/prove-project.ts'
import type { ProveResult } from '../prove/result.ts'
import { writeSite } from './write-site.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'assay-report-'))
})
afterEach(() => {
  rmSync(home, { recursive: true })
})

const proofOf = (...results: readonly ProveResult[]): ProjectProof => ({
  proofs: results.map((result) => ({
    result,
    ledger: { directory: home, whole: false, written: [], removed: [] },
  })),
  ok: true,
})

const filesIn = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).toSorted()

const refusal = async (directory: string): Promise<AssayError> => {
  const before = existsSync(directory) ? filesIn(home) : []
  const fault = await writeSite(directory, proofOf(sound)).then(
    () => null,
    (cause: unknown) => cause,
  )
  expect(fault).toBeInstanceOf(AssayError)
  if (before.length > 0) expect(filesIn(home)).toEqual(before)
  return fault as AssayError
}

describe('the report', () => {
  test('is written where nothing was, with all that its pages name, the first page first', async () => {
    const place = join(home, 'made/for/it')
    const written = await writeSite(place, proofOf(sound))
    expect(written[0]).toBe(join(place, 'index.html'))
    for (const file of written) expect(existsSync(file), file).toBe(true)
    expect(filesIn(home).filter((name) => /\.(?:new|old)$/u.test(name))).toEqual([])
    for (const page of ['index.html', 'mutants-0.html'])
      for (const [, file] of readFileSync(join(place, page), 'utf8').matchAll(/(?:src|href)="([^"#:]+)"/gu))
        expect(existsSync(join(place, file!)), `${page} names ${file}`).toBe(true)
  })

  test('of a part, and of nothing at all, is a report too', async () => {
    const green = resultOf(
      [rule('products/check:a', { red: null })],
      [structure('products/check:a', { mutants: [] })],
    )
    await writeSite(join(home, 'part'), {
      ...proofOf(green),
      asked: { command: 'green', only: ['products'] },
    })
    const index = readFileSync(join(home, 'part/data/index.js'), 'utf8')
    expect(index).toContain('"red":null')
    expect(index).toContain('"mutants":null')
    expect(existsSync(join(home, 'part/mutants-0.html'))).toBe(false)
    await writeSite(join(home, 'none'), proofOf())
    expect(existsSync(join(home, 'none/index.html'))).toBe(true)
  })

  test('replaces an earlier one as a whole, an empty directory, and what a link points to', async () => {
    const place = join(home, 'report')
    mkdirSync(place)
    await writeSite(place, proofOf(sound, sound))
    expect(existsSync(join(place, 'mutants-1.html'))).toBe(true)
    symlinkSync(place, join(home, 'link'))
    await writeSite(join(home, 'link'), proofOf(sound))
    expect(existsSync(join(place, 'mutants-1.html'))).toBe(false)
    expect(existsSync(join(place, 'data/a1-t0.js'))).toBe(false)
    expect(readdirSync(home).toSorted()).toEqual(['link', 'report'])
  })

  test('is replaced file by file where its directory cannot be moved', async () => {
    const place = join(home, 'report')
    await writeSite(place, proofOf(sound, sound))
    const before = process.cwd()
    process.chdir(place)
    try {
      await writeSite('.', proofOf(sound))
      expect(readdirSync('.')).toContain('index.html')
    } finally {
      process.chdir(before)
    }
    expect(existsSync(join(place, 'mutants-1.html'))).toBe(false)
    expect(readdirSync(home)).toEqual(['report'])
    await writeSite(place, proofOf(sound))
  })

  test('has the same bytes on another run', async () => {
    const bytes = async (name: string): Promise<readonly string[]> => {
      const written = await writeSite(join(home, name), proofOf(sound))
      return written.map((file) => readFileSync(file, 'utf8'))
    }
    expect(await bytes('one')).toEqual(await bytes('two'))
  })

  test('is refused where other files are, which stay', async () => {
    const place = join(home, 'mine')
    mkdirSync(place)
    writeFileSync(join(place, 'thesis.txt'), 'years of work')
    const fault = await refusal(place)
    expect({ code: fault.code, exit: fault.exit }).toEqual({ code: 'report.not-a-report', exit: 4 })
    expect(fault.found).toContain('thesis.txt')
    expect(fault.mend).toContain('--report')
  })

  test('is refused where a file was added to an earlier one', async () => {
    const place = join(home, 'report')
    await writeSite(place, proofOf(sound))
    writeFileSync(join(place, 'data/notes.txt'), 'mine')
    expect((await refusal(place)).found).toContain('data/notes.txt')
  })

  test('is refused over a file, and over a marker that says nothing', async () => {
    writeFileSync(join(home, 'file'), '')
    expect((await refusal(join(home, 'file'))).exit).toBe(4)
    mkdirSync(join(home, 'odd'))
    writeFileSync(join(home, 'odd/assay-report.json'), '[]')
    writeFileSync(join(home, 'odd/index.html'), '')
    expect((await refusal(join(home, 'odd'))).exit).toBe(4)
  })

  test('that cannot be written is a fault of the environment', async () => {
    writeFileSync(join(home, 'file'), '')
    expect(await refusal(join(home, 'file/below'))).toMatchObject({ exit: 4 })
    expect(await refusal(join(home, 'x'.repeat(300)))).toMatchObject({ code: 'report.unwritable', exit: 3 })
  })
})
