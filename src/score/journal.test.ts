import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Mutant } from '../catalog/structure.ts'
import { processSpace, processStart } from '../postgres/process.ts'
import { openJournal, type Journal } from './journal.ts'

const mutant = (id: string, ...ddl: readonly string[]): Mutant => ({
  id,
  structure: 't/check:c',
  operator: 'check.removed',
  effect: 'removed',
  summary: 'c is gone',
  ddl,
})
const first = mutant('t/check:c~removed', 'alter table t drop constraint c')
const killed = { verdict: 'killed', why: 'it exited with 1', output: 'long', seconds: 1 } as const

describe('the journal of a run', () => {
  let top: string
  beforeEach(() => {
    top = mkdtempSync(path.join(tmpdir(), 'assay-journal-'))
  })
  afterEach(() => rmSync(top, { recursive: true, force: true }))
  const open = (question: readonly string[] = ['q'], restart = false): Journal =>
    openJournal({ directory: path.join(top, '.assay', 'score'), question, restart })

  test('is gone on with when it was not ended', () => {
    open().record(first, killed)
    const again = open()
    expect(again.recall(first)).toEqual({ verdict: 'killed', why: 'it exited with 1' })
    expect(again.recall(mutant('another', 'select 1'))).toBeNull()
  })

  test('knows a mutant by its DDL, and a run by its question', () => {
    open().record(first, killed)
    expect(open().recall(mutant(first.id, 'something else'))).toBeNull()
    expect(open(['another']).recall(first)).toBeNull()
  })

  test('loses the line that a killed run was writing, and no other', () => {
    const journal = open()
    journal.record(first, killed)
    const second = mutant('t/check:d~removed', 'x')
    journal.record(second, killed)
    const text = readFileSync(journal.file, 'utf8')
    writeFileSync(journal.file, text.slice(0, -20))
    const again = open()
    expect(again.recall(first)).not.toBeNull()
    expect(again.recall(second)).toBeNull()
    again.record(second, { ...killed, verdict: 'survived' })
    expect(open().recall(second)?.verdict).toBe('survived')
  })

  test('is forgotten when asked, and when another format wrote it', () => {
    open().record(first, killed)
    expect(open(['q'], true).recall(first)).toBeNull()
    const journal = open()
    writeFileSync(journal.file, '{"format":0}\n')
    appendFileSync(journal.file, '{"mutant":"x","ddl":"y","verdict":"killed","why":""}\n')
    expect(open().recall(mutant('x', 'y'))).toBeNull()
  })

  test('keeps git away while it is there, and leaves nothing when the run has ended', () => {
    const journal = open()
    expect(readFileSync(path.join(top, '.assay', 'score', '.gitignore'), 'utf8')).toBe('*\n')
    journal.remove()
    expect(existsSync(path.join(top, '.assay'))).toBe(false)
  })

  test("leaves another run's journal where it is", () => {
    const other = open(['another'])
    open().remove()
    expect(existsSync(other.file)).toBe(true)
  })

  test('is refused to a second run at the same time', async () => {
    const sleeper = spawn('sleep', ['60'], { stdio: 'ignore' })
    try {
      const journal = open()
      const owner = {
        format: 1,
        pid: sleeper.pid,
        started: processStart(sleeper.pid ?? 0),
        space: processSpace(),
      }
      writeFileSync(journal.file, `${JSON.stringify(owner)}\n`)
      expect(() => open()).toThrow(/Another run/u)
    } finally {
      const gone = new Promise((resolve) => sleeper.once('exit', resolve))
      sleeper.kill('SIGKILL')
      await gone
    }
    expect(open().recall(first)).toBeNull()
  })

  test('a place that cannot be written to is told with its mend', () => {
    writeFileSync(path.join(top, 'file'), '')
    const ask = (): Journal =>
      openJournal({ directory: path.join(top, 'file', 'score'), question: [], restart: false })
    expect(ask).toThrow(expect.objectContaining({ code: 'score.journal', exit: 3 }))
  })
})
