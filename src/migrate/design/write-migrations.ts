/** The migrations that lead from one catalog to the other: one for each purpose, each with its way back. */
import type { RuleResult } from '../../prove/result.ts'
import { ident } from '../../postgres/quote.ts'
import { leavesRowsWithout } from '../changes/column.ts'
import { changesBetween } from '../changes/changes-between.ts'
import type { Change, ChangeContext } from '../changes/change.ts'
import type { Note } from '../changes/note.ts'
import type { NamePrefix } from '../forms/numbering.ts'
import { bareStatement } from './run-tasks.ts'
import { createRole, isInStages, lossLines, onlyRemoves, scriptText } from './migration-text.ts'
import { migrationNames, purposeName } from './name-migrations.ts'
import { notesOf } from './notes.ts'
import { purposesOf, type ClaimedBy, type Purpose } from './purposes.ts'

export interface DesignedMigration {
  /** `0007_products_slug_unique`. */
  readonly name: string
  /** Ids of the rules that it is to make green. */
  readonly rules: readonly string[]
  /** Ids of structures that it drops with their rows. */
  readonly destroys: readonly string[]
  readonly up: string
  readonly down: string
  /** Its down runs on empty tables only: it says so at its head, and no down.sql is written. */
  readonly isForward: boolean
  readonly notes: readonly Note[]
}

export interface WritingWish {
  readonly context: ChangeContext
  readonly claimedBy: ClaimedBy
  readonly red: readonly RuleResult[]
  readonly roles: readonly string[]
  readonly schemas: readonly string[]
  /** Names of the migrations that stand. */
  readonly standing: readonly string[]
  readonly prefix?: NamePrefix
  readonly name: string | null
}

/** All changes seen from the other end. */
const turnedRound = ({ before, after, ...others }: ChangeContext) => {
  const context: ChangeContext = { ...others, before: after, after: before }
  return { context, changes: changesBetween(context) }
}

/** Those that take back what a purpose does. */
const takingBack = (changes: readonly Change[], purpose: Purpose): readonly Change[] => {
  const own = new Set(purpose.changes.flatMap(({ covers }) => covers))
  return changes.filter(({ id }) => own.has(id))
}

const rulesTold = (rules: readonly RuleResult[]): readonly string[] =>
  rules.length === 0 ? [] : ['Makes green:', ...rules.map(({ id, sentence }) => `  ${id}: ${sentence}`)]

const drops = (changes: readonly Change[]): readonly string[] =>
  changes.filter(({ does }) => does === 'remove').map(({ id }) => id)

const destroyed = (changes: readonly Change[]): readonly string[] =>
  changes
    .filter(({ does, kind }) => does === 'remove' && (kind === 'table' || kind === 'column'))
    .map(({ id }) => id)

const headOf = ({ changes, rules }: Purpose, notes: readonly Note[]): readonly string[] => {
  const gone = drops(changes)
  const isDrop = rules.length === 0 && gone.length === changes.length
  return [
    ...(isDrop ? ['Destructive: takes away what no rule asks for.'] : []),
    ...rulesTold(rules),
    ...(gone.length === 0 ? [] : [`${isDrop ? 'Destroys' : 'Takes away'}: ${gone.join(', ')}`]),
    ...(rules.length === 0 && !isDrop
      ? [
          `${changes.every(({ does }) => does === 'alter') ? 'Changes' : 'Makes'} ${changes.map(({ id }) => id).join(', ')}.`,
        ]
      : []),
    ...notes.map(({ text }) => text),
    ...lossLines(changes, 'no rule asks for it'),
  ]
}

/** Columns that come back required, with nobody to say what stood in them. */
const withoutValues = (backwards: readonly Change[], context: ChangeContext): readonly string[] =>
  backwards
    .filter(({ kind, does, after }) => {
      return kind === 'column' && does === 'make' && after !== null && leavesRowsWithout(after, context)
    })
    .map(({ id }) => id)

/** The first text that names it in double quotes, as every statement here does. */
const firstNaming = (texts: readonly string[], name: string, behind = ''): number =>
  texts.findIndex((text) => text.includes(`${ident(name)}${behind}`))

/** A schema is named before a dot, or by GRANT … ON SCHEMA. */
const firstInSchema = (texts: readonly string[], schema: string): number => {
  const named = texts.findIndex((text) => text.includes(`schema ${ident(schema)}`))
  const used = firstNaming(texts, schema, '.')
  return named < 0 ? used : used < 0 ? named : Math.min(named, used)
}

/** What a design calls once all of it stands, such as the function that makes the months ahead. */
const callsOf = (rules: readonly RuleResult[]): readonly string[] =>
  rules.flatMap(({ design }) => design.map(bareStatement).filter((sql) => sql.startsWith('select ')))

export const writeMigrations = (wish: WritingWish): readonly DesignedMigration[] => {
  const calling = wish.red.filter((rule) => callsOf([rule]).length > 0)
  const context = { ...wish.context, calledFor: new Set(calling.map(({ table }) => table)) }
  const { claimedBy, red, roles, schemas, standing, name, prefix } = wish
  const changes = changesBetween(context)
  const back = turnedRound(context)
  const purposes = purposesOf(changes, context, claimedBy, red)
  const bare = purposes.map((purpose) => scriptText({ head: [], changes: purpose.changes, context }))
  const names = migrationNames(standing, purposes.map(purposeName), name, prefix)
  return purposes.map((purpose, i): DesignedMigration => {
    const notes = notesOf(purpose.changes, context)
    const ownRoles = roles.filter((role) => firstNaming(bare, role) === i)
    const ownSchemas = schemas.filter((schema) => firstInSchema(bare, schema) === i)
    const backwards = takingBack(back.changes, purpose)
    const isFromHalfWay = isInStages(purpose.changes, context)
    const gone = withoutValues(backwards, back.context)
    // A way back in stages may have been broken off: up then finds a part of what it is to make.
    const isAgain = gone.length === 0 && !onlyRemoves(backwards) && isInStages(backwards, back.context)
    return {
      name: names[i] ?? '',
      rules: purpose.rules.map(({ id }) => id),
      destroys: destroyed(purpose.changes),
      notes,
      isForward: gone.length > 0,
      up: scriptText({
        head: [
          ...headOf(purpose, notes),
          ...(gone.length === 0
            ? []
            : [
                `assay: direction forward because ${gone.join(', ')} ${gone.length === 1 ? 'is' : 'are'} required, and what stood there is gone`,
              ]),
        ],
        changes: purpose.changes,
        context: { ...context, fromHalfWay: isAgain },
        isFromHalfWay: isAgain,
        first: [
          ...ownRoles.map(createRole),
          ...ownSchemas.map((schema) => `create schema if not exists ${ident(schema)}`),
        ],
        last: callsOf(purpose.rules),
      }),
      down: scriptText({
        head: [
          `Takes back ${names[i] ?? ''}.`,
          ...(ownRoles.length === 0
            ? []
            : [`Leaves ${ownRoles.join(', ')}: a role belongs to the whole server.`]),
          ...lossLines(backwards, 'this migration made it'),
        ],
        changes: backwards,
        context: { ...back.context, fromHalfWay: isFromHalfWay },
        last: ownSchemas.map((schema) => `drop schema ${ident(schema)}`),
        isFromHalfWay,
        isWayBack: true,
      }),
    }
  })
}
