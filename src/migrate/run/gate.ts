/** What refuses a migration, and by which name a person may go on all the same: the journal then says so. */
import { AssayError, AssayErrors } from '../../ground/errors.ts'
import { didYouMean } from '../../ground/nearest-name.ts'

export const gateNames = [
  'untested',
  'drift',
  'uncovered',
  'edited',
  'missing',
  'out-of-order',
  'gap',
  'loses',
] as const

export type GateName = (typeof gateNames)[number]

/** A gate that is closed. */
export interface ClosedGate {
  readonly gate: GateName
  /** Stable and dotted. */
  readonly code: string
  /** Names of the migrations that it refuses; null: all of the run. */
  readonly migrations: readonly string[] | null
  readonly summary: string
  readonly found: string
  readonly why: string
  readonly mend: string
  /** Whole commands that make sense now. Absent: none. */
  readonly next?: readonly string[]
}

const isGateName = (text: string): text is GateName => gateNames.some((name) => name === text)

/** `untested,drift`, as given on the command line. Throws AssayError for a name that no gate has. */
export const parseAllowed = (texts: readonly string[]): readonly GateName[] => {
  const names = texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
  return names.map((name) => {
    if (isGateName(name)) return name
    throw new AssayError(`There is no gate "${name}".${didYouMean(name, gateNames)}`, {
      code: 'usage.gate',
      exit: 2,
      asked: `--allow ${name}`,
      found: `gates: ${gateNames.join(', ')}`,
      mend: 'Name one of these, or several: --allow untested,drift',
    })
  })
}

/** Commands that make sense while these are closed. */
export const nextOf = (closed: readonly ClosedGate[]): readonly string[] => [
  ...new Set(closed.flatMap(({ next = [] }) => next)),
]

const gateFault = (gate: ClosedGate): AssayError =>
  new AssayError(gate.summary, {
    code: gate.code,
    exit: 4,
    found: gate.found,
    why: gate.why,
    mend: `${gate.mend}\nTo go on all the same, which the journal then says: --allow ${gate.gate}`,
    next: nextOf([gate]),
  })

/** Throws AssayErrors (exit 4) with every gate that is closed and not overridden by name. */
export const refuseClosed = (closed: readonly ClosedGate[], allowed: readonly GateName[]): void => {
  const faults = closed.filter(({ gate }) => !allowed.includes(gate)).map(gateFault)
  if (faults.length > 0) throw new AssayErrors(faults)
}

/** What is overridden for a migration, sorted: what the journal keeps. */
export const overriddenFor = (
  closed: readonly ClosedGate[],
  allowed: readonly GateName[],
  migration: string,
): readonly GateName[] =>
  [
    ...new Set(
      closed
        .filter((one) => one.migrations === null || one.migrations.includes(migration))
        .map(({ gate }) => gate)
        .filter((gate) => allowed.includes(gate)),
    ),
  ].toSorted()
