/** Large databases adopted and proven: what a table costs must not grow with their number. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProveSummary } from '../src/prove/result.ts'
import { largeSchema } from './support/large-schema.ts'
import { figure, type Bench, type BenchLine } from './support/line.ts'
import { treeUse } from './support/process-tree.ts'

export const title = 'Adopt'

/** BENCH_TABLES=50,200 measures others. */
const sizes = (process.env['BENCH_TABLES'] ?? '50,200,1000').split(',').map(Number)
const sampleMilliseconds = 250

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

interface Told {
  readonly seconds: Readonly<Record<string, number>>
  readonly whole: number
  readonly errors: number
}
interface Adopted extends Told {
  readonly tables: number
  readonly structures: number
}
interface Proven extends Told {
  readonly summary: ProveSummary
}

interface Used {
  /** MB, at the moment when both together took most. */
  readonly node: number
  readonly server: number
  /** Of Node and the server, of all cores. */
  readonly cpuSeconds: number
}

interface Measured<T> {
  readonly told: T
  readonly used: Used
}

/** Runs adopt-child.mjs and looks at what it takes meanwhile. */
const measure = async <T>(words: readonly string[]): Promise<Measured<T>> => {
  const child = spawn(process.execPath, [here('support/adopt-child.mjs'), ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let used: Used = { node: 0, server: 0, cpuSeconds: 0 }
  const timer = setInterval(() => {
    const now = child.pid === undefined ? null : treeUse(child.pid)
    if (now === null) return
    const isMore = now.own + now.below > used.node + used.server
    used = {
      ...(isMore ? { node: now.own, server: now.below } : { node: used.node, server: used.server }),
      cpuSeconds: Math.max(used.cpuSeconds, now.cpuSeconds),
    }
  }, sampleMilliseconds)
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  clearInterval(timer)
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${String(code)}`)
  return { told: JSON.parse(text) as T, used }
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)

/** Reading ends where the copy begins. */
const readStages = ['loading', 'reading the catalog']
const startStages = ['load', 'starting PostgreSQL', 'starting the local PostgreSQL']

interface Size {
  readonly tables: number
  /** Name → seconds. */
  readonly seconds: Readonly<Record<string, number>>
  readonly adopt: Measured<Adopted>
  readonly prove: Measured<Proven>
}

const secondsOf = (adopted: Adopted, { summary, whole }: Proven): Size['seconds'] => {
  const stages = (names: readonly string[]): number => sum(names.map((name) => adopted.seconds[name] ?? 0))
  const read = stages(readStages)
  const write = sum(Object.values(adopted.seconds)) - read - stages(startStages)
  const { start, red, green, mutate } = summary.seconds
  return { read, write, start, red, green, mutate, whole: adopted.whole + whole }
}

const adoptAndProve = async (file: string, directory: string) => {
  const adopt = await measure<Adopted>(['adopt', file, directory])
  const prove = await measure<Proven>(['prove', directory])
  return { adopt, prove, seconds: secondsOf(adopt.told, prove.told) }
}

const labels: Readonly<Record<string, string>> = {
  read: 'read (the SQL runs, catalog and baseline are read)',
  write: 'write (copy, findings, architecture)',
  start: 'prove: start and migrate',
  red: 'prove: write the tests, red',
  green: 'prove: green',
  mutate: 'prove: mutate',
  whole: 'adopted and proven',
}

const linesOf = (size: Size, first: Size): readonly BenchLine[] => {
  const { tables, seconds, adopt, prove } = size
  const cpu = adopt.used.cpuSeconds + prove.used.cpuSeconds
  const { experiments, mutants } = prove.told.summary
  const most = [adopt, prove]
    .map(({ used }) => used)
    .toSorted((a, b) => b.node + b.server - a.node - a.server)[0]!
  const perTable = (name: string): string =>
    size === first
      ? ''
      : `${figure(seconds[name]! / tables / (first.seconds[name]! / first.tables))} of the time per table with ${first.tables}`
  return [
    ...Object.entries(labels).map(([name, label]) => ({
      measure: `${tables} tables: ${label}`,
      value: `${figure(seconds[name]!)} s`,
      reference: perTable(name),
    })),
    {
      measure: `${tables} tables: processor time of Node and PostgreSQL`,
      value: `${figure(cpu)} s`,
      reference: `${figure((cpu / tables) * 1_000)} ms a table`,
    },
    {
      measure: `${tables} tables: peak memory of Node and PostgreSQL`,
      value: `${figure(most.node + most.server)} MB`,
      reference: `${figure(most.node)} MB and ${figure(most.server)} MB`,
    },
    {
      measure: `${tables} tables: structures, experiments, mutants`,
      value: [adopt.told.structures, experiments, mutants.made].join(', '),
      reference: `${adopt.told.errors + prove.told.errors} errors found`,
    },
  ]
}

export const bench: Bench = async (say) => {
  // Builds what the children run.
  spawnSync(process.execPath, [here('../scripts/assay.mjs'), '--version'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const directory = mkdtempSync(join(tmpdir(), 'assay-adopt-'))
  try {
    const measured: Size[] = []
    for (const tables of sizes) {
      const file = join(directory, `${tables}.sql`)
      writeFileSync(file, largeSchema(tables))
      const one = { tables, ...(await adoptAndProve(file, join(directory, `of-${tables}`))) }
      say(`adopt: ${tables} tables ${figure(one.seconds['whole']!)} s`)
      measured.push(one)
    }
    return measured.flatMap((size) => linesOf(size, measured[0]!))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
