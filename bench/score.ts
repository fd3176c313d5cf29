/**
 * What judging a suite costs a mutant: SQL files inside the mutant's transaction beside the same statements run by
 * psql as a command in a clone of its own; and SchemaAnalyst's schemas under its own operators.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { mutantsOf } from '../src/catalog/operator-set/sets.ts'
import { readCatalog } from '../src/catalog/read-catalog.ts'
import { startServer } from '../src/postgres/start.ts'
import { makeCommandSuite } from '../src/score/command-suite.ts'
import { openJournal } from '../src/score/journal.ts'
import { scoreSuite } from '../src/score/score.ts'
import { readSuiteFile } from '../src/score/sql-suite-files.ts'
import { makeSqlSuite } from '../src/score/sql-suite.ts'
import { startWatchdog } from '../src/score/suite-watchdog.ts'
import type { Suite } from '../src/score/suite.ts'
import { proveSchema, schemaAnalystFiles } from '../test/support/schemaanalyst.ts'
import { generate } from './support/generate.ts'
import { median, type Bench, type BenchLine } from './support/line.ts'

export const title = 'A suite judged by mutants'

const tables = 10
const repetitions = 3
const asked = 120

const suiteText = `begin;
${Array.from(
  { length: 20 },
  (_, i) => `do $$ begin
  begin insert into t0001 default values; exception when others then null; end;
  perform count(*) from t0002 where ${i} = ${i};
end $$;`,
).join('\n')}
rollback;
`

const schemaLines = async (say: (text: string) => void): Promise<readonly BenchLine[]> => {
  const server = await startServer({})
  try {
    const lines: BenchLine[] = []
    for (const file of schemaAnalystFiles) {
      const seconds: number[] = []
      let told = ''
      for (let n = 0; n < repetitions; n++) {
        say(`score: ${file}, ${n + 1} of ${repetitions}`)
        const proof = await proveSchema(server, file)
        const { killed, survived, unsolved, equivalent, stillborn } = proof.result.summary.mutants
        told = `${killed} of ${killed + survived + unsolved} killed, ${equivalent} equivalent, ${stillborn} stillborn`
        seconds.push(proof.seconds)
      }
      lines.push({ measure: file, value: told, reference: `${median(seconds).toFixed(2)} s` })
    }
    return lines
  } finally {
    await server.stop()
  }
}

export const bench: Bench = async (say) => {
  const server = await startServer({ tcp: true })
  const directory = mkdtempSync(path.join(tmpdir(), 'assay-bench-'))
  const watchdog = startWatchdog()
  try {
    const template = await server.createDatabase('score')
    const owner = await server.connect(template, 'owner')
    await owner.query(generate(tables).migration)
    await owner.end()
    await server.admitRoles()
    const reader = await server.connect(template, 'prover')
    const catalog = await readCatalog(reader)
    await reader.end()
    writeFileSync(path.join(directory, 'suite.sql'), suiteText)
    const all = [...catalog.structures.values()].map((structure) => ({
      structure,
      mutants: mutantsOf(structure, catalog),
    }))
    const run = async (suite: Suite, most: number): Promise<number> => {
      let left = most
      const structures = all.flatMap(({ structure, mutants }) => {
        const some = mutants.filter((m) => m.equivalent === undefined).slice(0, left)
        left -= some.length
        return some.length === 0 ? [] : [{ structure, mutants: some }]
      })
      const result = await scoreSuite({
        name: 'bench',
        catalog,
        suite,
        structures,
        workers: 2,
        limitSeconds: null,
        atLeast: null,
        journal: () =>
          openJournal({ directory: path.join(directory, 'j', 's'), question: [suite.name], restart: true }),
      })
      return (60 * (most - left)) / result.seconds
    }
    const inside = makeSqlSuite({
      server,
      template,
      files: [readSuiteFile('suite.sql', directory)],
      name: 'suite.sql',
    })
    const command = makeCommandSuite({
      server,
      template,
      command: 'psql -X -q -v ON_ERROR_STOP=1 -d "$DATABASE_URL" -f suite.sql',
      directory,
      environment: (url) => ({
        PATH: `${process.env['PATH'] ?? ''}:/usr/lib/postgresql/15/bin`,
        DATABASE_URL: url,
      }),
      watchdog,
    })
    const insides: number[] = []
    const commands: number[] = []
    for (let n = 0; n < repetitions; n++) {
      say(`score: SQL inside the transaction, ${n + 1} of ${repetitions}`)
      insides.push(await run(inside, asked * 10))
      say(`score: psql in a clone, ${n + 1} of ${repetitions}`)
      commands.push(await run(command, asked))
    }
    const perMinute = (values: readonly number[]): string => `${Math.round(median(values))} mutants a minute`
    return [
      {
        measure: 'SQL files inside the transaction of each mutant',
        value: perMinute(insides),
        reference: `psql in a clone for each: ${perMinute(commands)} (${(median(insides) / median(commands)).toFixed(1)} times)`,
      },
      ...(await schemaLines(say)),
    ]
  } finally {
    watchdog.dismiss()
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}
