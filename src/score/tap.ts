/** The Test Anything Protocol, as far as a verdict needs it: what pgTAP's functions answer, one line a row. */

const testLine = /^(?<not>not )?ok\b(?: (?<number>\d+))?(?: - (?<title>.*))?$/u
const planLine = /^1\.\.(?<count>\d+)(?:\s|$)/u
/** A test that is known to fail is no failure; one that is skipped is none either. */
const directive = /(?<!\\)#\s*(?:todo|skip)/iu

export interface TapVerdict {
  readonly tests: number
  /** Null: everything is ok, or there is no TAP at all. */
  readonly failure: string | null
}

export const judgeTap = (lines: readonly string[]): TapVerdict => {
  let planned: number | null = null
  let tests = 0
  let failure: string | null = null
  for (const line of lines) {
    if (line.startsWith('Bail out!')) return { tests, failure: line }
    const plan = planLine.exec(line)?.groups?.['count']
    if (plan !== undefined) planned = Number(plan)
    const test = testLine.exec(line)?.groups
    if (!test) continue
    tests += 1
    if (test['not'] !== undefined && !directive.test(line)) failure ??= line
  }
  if (failure !== null) return { tests, failure }
  if (planned === null)
    return { tests, failure: tests === 0 ? null : `${tests} tests were run without a plan` }
  return {
    tests,
    failure: planned === tests ? null : `${planned} tests were planned, and ${tests} were run`,
  }
}
