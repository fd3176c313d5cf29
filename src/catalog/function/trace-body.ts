/**
 * A PL/pgSQL body that tells where it came: at each statement, on each side of a condition, after each part of a filter
 * that some row met. It takes locks of its session, because nothing else outlives a call that is refused.
 */
import { statementWithBody, type WholeBody } from './mutants.ts'
import { plpgsqlPlaces, type BodyPlace } from './plpgsql-places.ts'
import type { Mutant, Structure } from '../structure.ts'
import { scanWords, type Word } from '../../postgres/scan.ts'

/** The class of the locks, which nobody else takes in a copy of the database. */
const lockClass = 20_490_817

export interface TracedPlace extends BodyPlace {
  /** The points that are taken where it is reached; []: not known. */
  readonly reached: readonly number[]
  /** All points of it. */
  readonly points: readonly number[]
  readonly text: string
}

export interface Trace {
  readonly ddl: readonly string[]
  /** The body that tells. */
  readonly body: string
  readonly places: readonly TracedPlace[]
  /** Where it breaks the body; null: everywhere, or not known. */
  placeOf(mutant: Mutant): TracedPlace | null
}

export const forgetPoints = 'select pg_catalog.pg_advisory_unlock_all()'

export const readPoints = `select objid::text from pg_catalog.pg_locks
  where locktype = 'advisory' and classid = ${lockClass} and pid = pg_catalog.pg_backend_pid()`

export const takePoint = (point: number): string =>
  `pg_catalog.pg_try_advisory_lock_shared(${lockClass}, ${point})`

const opening = new Set(['(', '[', 'case'])
const closing = new Set([')', ']', 'end'])

interface Edit {
  readonly at: number
  readonly end: number
  readonly text: string
  /** Of several at one place the smaller first. */
  readonly order: number
}

/** Where a filter's parts are joined by AND, outside parentheses, CASE and BETWEEN; none where OR joins them, too. */
const andsOf = (text: string): readonly Word[] => {
  let depth = 0
  let betweens = 0
  const found: Word[] = []
  for (const word of scanWords(text)) {
    if (opening.has(word.text)) depth++
    else if (closing.has(word.text)) depth--
    else if (depth > 0) continue
    else if (word.text === 'or') return []
    else if (word.text === 'between') betweens++
    else if (word.text === 'and' && betweens > 0) betweens--
    else if (word.text === 'and') found.push(word)
  }
  return found
}

interface Traced {
  readonly edits: readonly Edit[]
  readonly points: readonly number[]
}

const tracedFilter = ({ start, end }: BodyPlace, text: string, next: () => number): Traced => {
  const ands = andsOf(text)
  const points = [next()]
  const edits: Edit[] = [{ at: start, end: start, text: '(case when (', order: 1 }]
  for (const and of ands) {
    edits.push({
      at: start + and.start,
      end: start + and.end,
      text: `\n) then ${takePoint(points.at(-1)!)} and case when (`,
      order: 0,
    })
    points.push(next())
  }
  const close = ` else false end`.repeat(points.length)
  edits.push({ at: end, end, text: `\n) then ${takePoint(points.at(-1)!)}${close})`, order: -start })
  return { edits, points }
}

const tracedCondition = ({ start, end }: BodyPlace, next: () => number): Traced => {
  const [met, unmet] = [next(), next()]
  return {
    points: [met, unmet],
    edits: [
      { at: start, end: start, text: '(case when (', order: 1 },
      { at: end, end, text: `\n) then ${takePoint(met)} else not ${takePoint(unmet)} end)`, order: -start },
    ],
  }
}

/** IF leaves FOUND as it is. */
const tracedStatement = ({ start }: BodyPlace, next: () => number): Traced => {
  const point = next()
  return {
    points: [point],
    edits: [{ at: start, end: start, text: `if not ${takePoint(point)} then null; end if; `, order: 0 }],
  }
}

const tracedPlace = (place: BodyPlace, text: string, next: () => number): Traced => {
  switch (place.what) {
    case 'statement':
      return tracedStatement(place, next)
    case 'condition':
      return tracedCondition(place, next)
    case 'filter':
      return tracedFilter(place, text, next)
    case 'join':
      return { edits: [], points: [] }
  }
}

const edited = (body: string, edits: readonly Edit[]): string => {
  let at = 0
  let text = ''
  for (const one of edits.toSorted((a, b) => a.at - b.at || a.order - b.order)) {
    text += body.slice(at, one.at) + one.text
    at = one.end
  }
  return text + body.slice(at)
}

/** The innermost statement or condition around a filter. */
const around = (places: readonly BodyPlace[], inner: BodyPlace): BodyPlace | undefined =>
  places.findLast(
    (one) =>
      (one.what === 'statement' || one.what === 'condition') &&
      one.start <= inner.start &&
      inner.end <= one.end,
  )

const commonStart = (a: string, b: string): number => {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return at
}

/** Null for a function of another language. Points are numbered after `from`. */
export const traceBody = ({ facts }: Structure<WholeBody>, from = 0): Trace | null => {
  const { body, language, statement } = facts
  if (language !== 'plpgsql' || body === null) return null
  const found = plpgsqlPlaces(body)
  let count = from
  const next = (): number => ++count
  const traced = new Map(
    found.map((place) => [place, tracedPlace(place, body.slice(place.start, place.end), next)] as const),
  )
  const whole = edited(
    body,
    [...traced.values()].flatMap(({ edits }) => edits),
  )
  const changed = statementWithBody(facts, { language, body: whole })
  if (changed === null) return null
  const places = found.map((place): TracedPlace => {
    const isOwn = place.what === 'statement' || place.what === 'condition'
    const of = isOwn ? place : around(found, place)
    return {
      ...place,
      text: body.slice(place.start, place.end),
      points: traced.get(place)!.points,
      reached: of === undefined ? [] : traced.get(of)!.points,
    }
  })
  const start = statement.lastIndexOf(body)
  return {
    ddl: [changed],
    body: whole,
    places,
    placeOf: ({ operator, ddl }) => {
      const what = /^function\.(statement|condition|filter|join)-/u.exec(operator)?.[1]
      if (what === undefined) return null
      const offset = commonStart(ddl[0] ?? '', statement) - start
      return places.findLast((one) => one.what === what && one.start <= offset && offset <= one.end) ?? null
    },
  }
}
