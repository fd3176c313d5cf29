/** From a declaration to the phases that may be released next, each as the text of an ordinary migration. */
import { AssayError } from '../../ground/errors.ts'
import { relationId, structureId } from '../../ground/names.ts'
import { shellCommand } from '../../ground/shell-word.ts'
import { readTables } from '../../catalog/read-tables.ts'
import type { Catalog } from '../../catalog/structure.ts'
import type { Finding } from '../../prove/result.ts'
import { nameWords, shortName } from '../files/name-words.ts'
import { boundOwnerNotes, forBoundOwner } from './bound-owner.ts'
import { findShapes, type ShapeWish } from './find-shapes.ts'
import { kindOfShape } from './kinds/kinds.ts'
import { literal } from '../../postgres/quote.ts'
import { saysShape, withCopy, type ShapeLab } from './lab.ts'
import { phaseFile } from '../files/written-for.ts'
import { formatPhase, lastPhases, type PhaseOnDisk } from './phase-files.ts'
import { changeKey, type MoveShape, type Phase, type PhaseText, type Shape } from './shape.ts'

export interface WrittenPhase {
  /** A few words for the migration's name: `orders_code_to_slug_expand`. */
  readonly purpose: string
  readonly shape: string
  readonly says: string
  readonly phase: Phase
  /** Texts by file name: `up.sql`, `down.sql`, `phase.json` and what stands beside them. */
  readonly files: Readonly<Record<string, string>>
}

export interface Expanded {
  readonly phases: readonly WrittenPhase[]
  readonly rules: readonly string[]
  readonly findings: readonly Finding[]
}

const toWritten = (
  shape: Shape,
  plain: PhaseText,
  {
    tables,
    keep,
    postgres,
  }: { readonly tables: Catalog['tables']; readonly keep: string | null; readonly postgres: number },
): WrittenPhase => {
  const text = forBoundOwner(shape, plain, tables)
  return {
    purpose: shortName(nameWords(shape.name), `_${text.phase}`),
    shape: shape.name,
    says: saysShape(shape),
    phase: text.phase,
    files: {
      'up.sql': text.up,
      ...(text.down === null ? {} : { 'down.sql': text.down }),
      ...text.files,
      [phaseFile]: formatPhase(shape, text, { keep, postgres }),
    },
  }
}

const together = (all: readonly Expanded[]): Expanded => {
  const findings = all.flatMap((one) => one.findings)
  const isWhole = !findings.some(({ severity }) => severity === 'error')
  return {
    phases: isWhole ? all.flatMap((one) => one.phases) : [],
    rules: isWhole ? [...new Set(all.flatMap((one) => one.rules))] : [],
    findings,
  }
}

const refusedPhase = (phase: string, cause: AssayError): Finding => ({
  code: 'expand.refused',
  severity: 'error',
  summary: `PostgreSQL refuses what would be written: ${phase}`,
  why: [cause.message, cause.found, cause.why].filter((text) => text !== undefined).join('\n'),
  fix: 'write this change by hand, or leave it out with --only; please report what is told here',
})

/** What would be written runs on a copy with the rows of the migrations: up, down, and up again. */
const tried = async (lab: ShapeLab, expanded: Expanded): Promise<Expanded> => {
  const { server, template, run } = lab
  if (expanded.phases.length === 0) return expanded
  const database = await server.clone(template, 'tried')
  try {
    for (const way of ['up', 'down', 'up'])
      for (const { purpose, files } of way === 'up' ? expanded.phases : expanded.phases.toReversed()) {
        const file = `${purpose}/${way}.sql`
        // Behind one that only goes forward there is no way back to try.
        const text = files[`${way}.sql`]
        if (text === undefined) return expanded
        try {
          await run(database, file, text)
        } catch (cause) {
          if (!(cause instanceof AssayError)) throw cause
          return { phases: [], rules: [], findings: [...expanded.findings, refusedPhase(file, cause)] }
        }
      }
    return expanded
  } finally {
    await server.dropDatabase(database)
  }
}

/** As a person stated them. */
const movesOf = ({ direction, table, other, columns }: MoveShape): readonly string[] => {
  const [home, apart] = [relationId(table), relationId(other)]
  return columns.map((one) =>
    direction === 'out'
      ? `${home}.${one.home}=${apart}.${one.other}`
      : `${apart}.${one.other}=${home}.${one.home}`,
  )
}

/** Nothing is written where one of several changes cannot be. */
export const expandShapes = async (
  lab: ShapeLab,
  wish: ShapeWish,
  standing: readonly PhaseOnDisk[],
): Promise<Expanded> => {
  const underWay = lastPhases(standing)
    .filter(({ phase, shape }) => phase !== kindOfShape(shape).phases.at(-1))
    .map(({ shape }) => shape)
  const begun = new Set(underWay.map(changeKey))
  const moving = underWay.flatMap((shape) => (shape.kind === 'move' ? movesOf(shape) : []))
  const {
    shapes,
    tables,
    findings: unstated,
  } = await findShapes(lab, {
    ...wish,
    move: wish.move.filter((text) => !moving.includes(text)),
  })
  const all: Expanded[] = [{ phases: [], rules: [], findings: unstated }]
  for (const shape of shapes) {
    if (begun.has(changeKey(shape))) continue
    const opened = await kindOfShape(shape).open(lab, shape)
    const { texts, rules, findings, shape: known = shape } = opened
    all.push({
      phases: texts.map((text) => toWritten(known, text, { tables, keep: null, postgres: lab.major })),
      rules,
      findings: [...findings, ...(texts.length === 0 ? [] : boundOwnerNotes(known, tables))],
    })
  }
  return tried(lab, together(all))
}

/** By its own name, or as the directory of any of its phases has it. */
const isCalled = (shape: Shape, name: string): boolean => {
  const words = nameWords(shape.name)
  const { phases } = kindOfShape(shape)
  return (
    name === shape.name ||
    name === words ||
    phases.some((one) => shortName(words, `_${one}`) === `${name}_${one}`)
  )
}

const contractOnly = (open: readonly PhaseOnDisk[]): string =>
  shellCommand('assay', 'migrate', 'contract', '--only', nameWords(open[0]?.shape.name ?? ''))

const nothingOpen = (name: string | null, open: readonly PhaseOnDisk[]): AssayError =>
  new AssayError(
    name === null ? 'No change of shape is under way.' : `No change of shape is called ${name}.`,
    {
      code: 'expand.nothing-open',
      exit: 2,
      asked: 'the next phase of a change that expand began',
      found:
        open.length === 0
          ? 'no migration with a phase.json that is not finished'
          : open.map(({ shape }) => nameWords(shape.name)).join(', '),
      mend: open.length === 0 ? 'assay migrate expand' : contractOnly(open),
      next: [open.length === 0 ? 'assay migrate expand' : contractOnly(open)],
    },
  )

const notSwitched = ({ shape, phase, migration }: PhaseOnDisk): AssayError =>
  new AssayError(`${saysShape(shape)}: the switch is not there, so that nothing can be contracted.`, {
    code: 'expand.not-switched',
    exit: 2,
    asked: 'the phase behind the switch',
    found: `${migration} is its last phase, ${phase}`,
    why: 'the old columns go only when the new ones were seen to say the same of every row',
    mend: 'Bring the migrations that expand wrote back, all of them.',
  })

/** The tables that stand. Throws AssayError `expand.keep` for a time that PostgreSQL does not read. */
const tablesToKeep = (lab: ShapeLab, keep: string): Promise<Catalog['tables']> =>
  withCopy(lab, async (db) => {
    const [found] = await db
      .json<{ readonly is: boolean }>(`select ${literal(keep)}::interval >= interval '0' as is`)
      .catch(() => [{ is: false }])
    if (found?.is === true) return readTables(db)
    throw new AssayError(`"${keep}" is no time for which a way back can be kept.`, {
      code: 'expand.keep',
      exit: 2,
      asked: `--keep ${keep}`,
      found: 'no interval as PostgreSQL writes it, or one that lies behind',
      mend: "Write it so: --keep '30 days'",
    })
  })

/** The time that a contract has promised is not another one because somebody asks later. */
const keptAsSaid = ({ shape, keep, migration }: PhaseOnDisk, asked: string): readonly Finding[] =>
  keep === null || keep === asked
    ? []
    : [
        {
          code: 'expand.kept',
          severity: 'note',
          structure: structureId(relationId(shape.table), 'table'),
          summary: `${saysShape(shape)}: the way back is kept for ${keep}, and not for ${asked}`,
          why: `${migration} says so, and people rely on it`,
          fix: `Nothing has to be done: --keep is read when the contract is written.`,
        },
      ]

/** The contract of what was switched, and what ends the time of its way back. */
export const contractShapes = async (
  lab: ShapeLab,
  wish: { readonly only: readonly string[]; readonly keep: string },
  standing: readonly PhaseOnDisk[],
): Promise<Expanded> => {
  const open = lastPhases(standing).filter(({ phase, shape }) => phase !== kindOfShape(shape).phases.at(-1))
  const unknown = wish.only.find((name) => !open.some(({ shape }) => isCalled(shape, name)))
  if (unknown !== undefined || open.length === 0) throw nothingOpen(unknown ?? null, open)
  const asked = open.filter(
    ({ shape }) => wish.only.length === 0 || wish.only.some((name) => isCalled(shape, name)),
  )
  const early = asked.find(({ phase, shape }) => {
    const { phases } = kindOfShape(shape)
    return phases.indexOf(phase) < phases.indexOf('contract') - 1
  })
  if (early !== undefined) throw notSwitched(early)
  const tables = await tablesToKeep(lab, wish.keep)
  const all: Expanded[] = []
  for (const one of asked) {
    const { shape, phase, keep, migration, postgres: before } = one
    // What follows runs where those before it run.
    const postgres = Math.min(lab.major, before ?? lab.major)
    if (phase === 'contract') {
      const text = kindOfShape(shape).forget(shape, keep ?? wish.keep, migration)
      if (text !== null)
        all.push({
          phases: [toWritten(shape, text, { tables, keep: null, postgres })],
          rules: [],
          findings: keptAsSaid(one, wish.keep),
        })
      continue
    }
    const { texts, rules, findings } = await kindOfShape(shape).contract(
      { ...lab, major: postgres },
      shape,
      wish.keep,
    )
    all.push({
      phases: texts.map((text) => toWritten(shape, text, { tables, keep: wish.keep, postgres })),
      rules,
      findings,
    })
  }
  return tried(lab, together(all))
}
