/**
 * Processes that a suite has started and that left its process group (daemons): the mark in their environment, which
 * children inherit, tells them from everybody else's. Linux alone shows it; elsewhere none is found.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

const variable = 'ASSAY_SUITE_RUN'

export interface Mark {
  /** `NAME=value`, as it stands in the environment of who carries it. */
  readonly entry: string
  readonly environment: Readonly<Record<string, string>>
  /** Ids of the processes that carry it, and are alive. */
  find(): readonly number[]
}

const environmentOf = (pid: string): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
  } catch {
    // Gone, or somebody else's.
    return []
  }
}

const processIds = (): readonly string[] => {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/u.test(name))
  } catch {
    return []
  }
}

export const makeMark = (): Mark => {
  const value = randomUUID()
  const entry = `${variable}=${value}`
  return {
    entry,
    environment: { [variable]: value },
    find: () =>
      processIds()
        .filter((pid) => environmentOf(pid).includes(entry))
        .map(Number),
  }
}
