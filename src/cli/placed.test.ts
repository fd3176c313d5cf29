/** Commands of messages, as somebody in another directory has to type them. */
import { expect, test } from 'vitest'
import { placed } from './placed.ts'

const place = { directory: "data o'n", architecture: 'shop' }

test.each([
  ['assay prove', String.raw`npx assay prove 'data o'\''n'`],
  ['assay migrate test 0007_a 0008_b', String.raw`npx assay migrate test 'data o'\''n' 0007_a 0008_b`],
  ['assay drift --url …', String.raw`npx assay drift 'data o'\''n' --url … --architecture shop`],
  [
    String.raw`assay migrate resolve 'it'\''s up' --as edited --url …`,
    String.raw`npx assay migrate resolve 'it'\''s up' 'data o'\''n' --as edited --url … --architecture shop`,
  ],
  ['assay migrate cutover status --from … --to …', 'npx assay migrate cutover status --from … --to …'],
  ['git log -- 0007_a', 'git log -- 0007_a'],
  [
    'See it:\nassay prove\nassay drifts',
    String.raw`See it:` + '\n' + String.raw`npx assay prove 'data o'\''n'` + '\nnpx assay drifts',
  ],
  ['assay: loses x', 'assay: loses x'],
  ['npx assay prove', String.raw`npx assay prove 'data o'\''n'`],
])('%s', (command, expected) => {
  expect(placed(place)(command)).toBe(expected)
  expect(placed({ directory: '.' })(command)).toBe(command.replaceAll(/^assay(?= )/gmu, 'npx assay'))
})
