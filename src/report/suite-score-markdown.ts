/** A suite's score as one page of Markdown: the figures, a table of what is not protected, and the survivors folded away. */
import type { ScoredStructure, ScoreResult } from '../score/score-result.ts'
import { markdownCode, markdownDetails, markdownHtml, markdownTable, markdownText } from './markdown-text.ts'
import { diffOf, missed, noticedWords, scoreRows, scoreSentence, withProtection } from './suite-score.ts'

/** Of survivors; GitHub takes a megabyte for a step, and nothing of a page that is longer. */
const mostBytes = 800_000

const survivorsOf = (structure: ScoredStructure): string =>
  markdownDetails(
    markdownHtml(`${structure.id}: ${noticedWords(structure)} noticed`),
    missed(structure)
      .map((mutant) =>
        [
          markdownText(
            mutant.verdict === 'unsolved' ? `${mutant.summary}: not known: ${mutant.why}` : mutant.summary,
          ),
          markdownCode(
            diffOf(structure, mutant)
              .map(({ sign, text }) => `${sign} ${text}`)
              .join('\n'),
            'diff',
          ),
        ].join('\n\n'),
      )
      .join('\n\n'),
  )

const within = (blocks: readonly string[]): readonly string[] => {
  const kept: string[] = []
  let bytes = 0
  for (const block of blocks) {
    bytes += Buffer.byteLength(block, 'utf8')
    if (bytes > mostBytes) {
      kept.push(`and ${blocks.length - kept.length} more, for which there is no room here`)
      break
    }
    kept.push(block)
  }
  return kept
}

export const markdownOfScore = (result: ScoreResult): string => {
  const open = [...withProtection(result, 'none'), ...withProtection(result, 'part')]
  const errors = result.findings.filter(({ severity }) => severity === 'error')
  const mark = errors.length > 0 || open.length > 0 ? '✗' : '✓'
  return `${[
    `## ${mark} assay score: ${markdownText(result.name)}`,
    `${markdownText(scoreSentence(result))}.`,
    ...errors.map(({ summary }) => `**${markdownText(summary)}**`),
    markdownTable(
      ['figure', ''],
      scoreRows(result).map(([name, text]) => [name, markdownText(text)]),
    ),
    ...within(open.map(survivorsOf)),
  ].join('\n\n')}\n`
}
