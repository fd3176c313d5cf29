/**
 * SchemaAnalyst's own schemas, adopted and proven with its operators, each in a process of its own: what a schema costs
 * from the first question to the last verdict, without the start of the server. Public schemas that are no part of the
 * project: measured where they are there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProveSummary } from '../src/prove/result.ts'
import { figure, type Bench, type BenchLine } from './support/line.ts'

export const title = 'SchemaAnalyst’s ten schemas, and AdventureWorks, under its operators'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const corpus = here('../../shared/corpus/schemaanalyst')
/** Ten times larger than the largest of them; beside them when it is there. */
const adventureWorks = here('../../shared/corpus/adventureworks.sql')

interface Proven {
  readonly summary: ProveSummary
  /** Of each such mutant, why nobody could notice it. */
  readonly equivalent: readonly string[]
}

const child = (words: readonly string[]): unknown => {
  const { status, stdout } = spawnSync(process.execPath, [here('support/adopt-child.mjs'), ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${words.join(' ')} ended with ${String(status)}`)
  return JSON.parse(stdout)
}

const counted = (texts: readonly string[]): string =>
  [...new Set(texts)].map((text) => `${texts.filter((one) => one === text).length} × ${text}`).join('; ')

const lineOf = (name: string, { summary, equivalent }: Proven): BenchLine => {
  const { made, killed, survived, unsolved, redundant } = summary.mutants
  const { red, green, mutate } = summary.seconds
  const effective = killed + survived + unsolved + redundant
  return {
    measure: `${name}: ${summary.rules} rules, ${summary.experiments} experiments, ${made} mutants`,
    value: `${figure(red + green + mutate)} s`,
    reference: [
      `${killed} of ${effective} effective mutants noticed (${figure((killed / effective) * 100)} %)`,
      ...(equivalent.length === 0 ? [] : [`equivalent: ${counted(equivalent)}`]),
    ].join('; '),
  }
}

export const bench: Bench = async (say) => {
  if (!existsSync(corpus)) {
    say(`schemaanalyst: ${corpus} is not there`)
    return []
  }
  // Builds what the children run.
  spawnSync(process.execPath, [here('../scripts/assay.mjs'), '--version'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const directory = mkdtempSync(join(tmpdir(), 'assay-schemaanalyst-'))
  try {
    const lines: BenchLine[] = []
    const own = readdirSync(corpus)
      .toSorted()
      .map((file) => join(corpus, file))
    for (const file of [...own, ...(existsSync(adventureWorks) ? [adventureWorks] : [])]) {
      const name = basename(file, '.sql')
      const project = join(directory, name)
      child(['adopt', file, project])
      const line = lineOf(name, child(['prove', project, 'schemaanalyst']) as Proven)
      say(`schemaanalyst: ${name} ${line.value}`)
      lines.push(line)
    }
    return lines
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
