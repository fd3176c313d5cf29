/**
 * One half of an adoption in a process of its own, so that its memory is its own too: `adopt FILE DIRECTORY` or
 * `prove DIRECTORY [OPERATORS]` with the built code. Prints seconds by stage as JSON.
 */
import { adoptProject } from '../../dist/project/adopt-project.js'
import { proveProject } from '../../dist/project/prove-project.js'

const seconds = {}
let stage = 'load'
let from = performance.now()
const onProgress = (text, done, of) => {
  // `writing tests of TABLE` is one stage.
  const next = text.startsWith('writing tests') ? 'writing tests' : text
  if (next === stage) return
  const now = performance.now()
  seconds[stage] = (seconds[stage] ?? 0) + (now - from) / 1_000
  if (process.env.BENCH_STAGES)
    process.stderr.write(`  ${stage} ${seconds[stage].toFixed(1)} s (${done} of ${of})\n`)
  stage = next
  from = now
}

const [command, ...words] = process.argv.slice(2)
const began = performance.now()
const outcome =
  command === 'adopt'
    ? await adoptProject({
        source: { kind: 'sql', files: [words[0]] },
        directory: words[1],
        before: [],
        dryRun: false,
        onProgress,
      })
    : await proveProject({
        directory: words[0],
        command: 'prove',
        only: [],
        onProgress,
        ...(words[1] ? { operators: words[1] } : {}),
      })
onProgress('end', 1, 1)
const errors = (findings) => findings.filter(({ severity }) => severity === 'error').length
const found =
  command === 'adopt'
    ? { tables: outcome.tables, structures: outcome.structures, errors: errors(outcome.findings) }
    : {
        summary: outcome.proofs[0].result.summary,
        equivalent: outcome.proofs[0].result.structures
          .flatMap(({ mutants }) => mutants)
          .flatMap(({ verdict, why }) => (verdict === 'equivalent' ? [why] : [])),
        errors: errors(outcome.proofs[0].result.findings),
      }
process.stdout.write(`${JSON.stringify({ seconds, whole: (performance.now() - began) / 1_000, ...found })}\n`)
