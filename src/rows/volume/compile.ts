/** From a plan to the functions that write its rows, in the text format of COPY. */
import { copyNull, copyText } from './copy-text.ts'
import { drawNumber, drawWeighted } from './draw.ts'
import { capacityOfLetters, letteredText } from './lettered.ts'
import { makeLinks, type Links } from './links.ts'
import { kinNumber } from './makers/kin.ts'
import type { MakerColumn } from './makers/maker.ts'
import { makerOf } from './makers/makers.ts'
import { makePermutation, saltOf, share } from './random.ts'
import type { ColumnVolume, NumberSource, TableVolume, VolumePlan } from './volume-plan.ts'

export interface CompiledTable {
  readonly volume: TableVolume
  /** One row, without the end of the line. */
  readonly line: (n: number) => string
  /** One column's values, in COPY's text format. */
  readonly columnText: (name: string) => (n: number) => string
  /** The row's key and what is set later, as number `at` of the volume says; null: nothing is set. */
  readonly laterLine: (at: number) => (n: number) => string | null
}

export type CompiledVolume = (table: string) => CompiledTable

/** Of these types no value has a character that COPY would take for another. */
const plain =
  /^(?:smallint|integer|bigint|oid|numeric|real|double precision|money|date|time.*|interval|text|character|character varying|citext|uuid|inet|cidr|macaddr8?|bit|bit varying|boolean)$/u

const isPlain = ({ bareType, isArray, labels }: MakerColumn): boolean =>
  !isArray && labels === null && plain.test(bareType)

const secondsOf = ({ column }: ColumnVolume): number => makerOf(column, { isDistinct: false })?.seconds ?? 1

export const compileVolume = (plan: VolumePlan): CompiledVolume => {
  const links = makeLinks(plan)
  const tables = new Map(plan.tables.map((table) => [table.id, table]))
  const compiled = new Map<string, CompiledTable>()
  const of: CompiledVolume = (id) => {
    const known = compiled.get(id)
    if (known) return known
    const made = compileTable(plan, tables.get(id)!, links, of)
    compiled.set(id, made)
    return made
  }
  return of
}

type ColumnText = (n: number) => string

const compileTable = (
  plan: VolumePlan,
  volume: TableVolume,
  links: Links,
  others: CompiledVolume,
): CompiledTable => {
  const byName = new Map(volume.columns.map((one) => [one.column.name, one]))
  const salt = (...words: readonly string[]): number => saltOf(plan.seed, volume.id, ...words)
  const tuples = volume.pools.map((pool, at) => {
    const size = pool.tuples.length
    if (pool.by === 'row') return (n: number) => n % size
    if (pool.by !== 'chance') {
      const { rankOf } = links(volume.id, pool.by)
      return (n: number) => rankOf(n) % size
    }
    const own = salt('pool', String(at))
    return pool.weights === null ? drawNumber(size, { kind: 'even' }, own) : drawWeighted(pool.weights, own)
  })

  const numberOf = (name: string, source: NumberSource): ((n: number) => number) => {
    switch (source.kind) {
      case 'row':
        return (n) => n * source.stride + source.offset
      case 'shuffled':
        return makePermutation(volume.count, salt(name)).at
      case 'drawn': {
        const { from, variety, law } = source
        const draw = drawNumber(variety, law, salt(name))
        return from === 0 ? draw : (n) => from + draw(n)
      }
      case 'rising': {
        const step = source.variety / volume.count
        return (n) => source.from + Math.floor(n * step)
      }
      case 'rank':
        return links(volume.id, source.link).rankOf
      case 'digit':
        return (n) => Math.floor(n / source.unit) % source.base
      case 'comb': {
        const { of, period, kept } = source
        const nth = (k: number): number => Math.floor(k / kept.length) * period + kept[k % kept.length]!
        if (of.kind === 'row') return (n) => nth(n) * of.stride + of.offset
        const { rankOf } = links(volume.id, of.link)
        return (n) => nth(rankOf(n))
      }
      case 'part': {
        const whole = numberOf(source.salt, source.of)
        return (n) => kinNumber(source.kin, whole(n))
      }
      case 'after': {
        const base = byName.get(source.column)!
        const seconds = secondsOf(base)
        const own = secondsOf(byName.get(name)!)
        const from = base.source.kind === 'made' ? numberOf(source.column, base.source.number) : () => 0
        const more = drawNumber(Math.max(1, source.most), { kind: 'even' }, salt(name))
        return (n) => Math.ceil((from(n) * seconds + more(n)) / own)
      }
    }
  }

  const textOf = ({ column, source }: ColumnVolume): ColumnText => {
    switch (source.kind) {
      case 'none':
        return () => copyNull
      case 'made': {
        const { make, capacity } = makerOf(column, { isDistinct: source.isDistinct })!
        const number = numberOf(column.name, source.number)
        if (isPlain(column)) return (n) => make(number(n) % capacity)
        return (n) => copyText(make(number(n) % capacity))
      }
      case 'pool': {
        const texts = volume.pools[source.pool]!.tuples.map((tuple) => copyText(tuple[source.at] ?? null))
        const tuple = tuples[source.pool]!
        return (n) => texts[tuple(n)]!
      }
      case 'lettered': {
        const { at } = makePermutation(capacityOfLetters(source), salt(column.name))
        return (n) => copyText(letteredText(source, at(n)))
      }
      case 'numbered': {
        const before = copyText(source.before)
        const after = copyText(source.after)
        return (n) => `${before}${String(n).padStart(source.digits, '0')}${after}`
      }
      case 'rank': {
        const { rankOf } = links(volume.id, source.link)
        return (n) => String(rankOf(n) + 1)
      }
      case 'link': {
        const { rowOf } = links(volume.id, source.link)
        const { target } = volume.links[source.link]!
        let parent: ColumnText | null = null
        return (n) => {
          const row = rowOf(n)
          if (row < 0) return copyNull
          // Asked late: a table may lead back to itself.
          parent ??= others(target).columnText(source.column)
          return parent(row)
        }
      }
    }
  }
  const texts = new Map<string, ColumnText>()
  const columnText = (name: string): ColumnText => {
    const known = texts.get(name)
    if (known) return known
    const column = byName.get(name)!
    const text = textOf(column)
    const nullSalt = salt(name, 'null')
    const { nulls } = column
    const made: ColumnText = nulls <= 0 ? text : (n) => (share(n, nullSalt) < nulls ? copyNull : text(n))
    texts.set(name, made)
    return made
  }
  const all = volume.columns.map((one) => columnText(one.column.name))
  const [first] = all
  return {
    volume,
    columnText,
    laterLine: (at) => {
      const { key, columns } = volume.later![at]!
      const keys = key.map(columnText)
      const sets = columns.map(textOf)
      return (n) => {
        const set = sets.map((text) => text(n))
        if (set.every((text) => text === copyNull)) return null
        return [...keys.map((text) => text(n)), ...set].join('\t')
      }
    },
    line: (n) => {
      if (first === undefined) return ''
      let line = first(n)
      for (let at = 1; at < all.length; at++) line += `\t${all[at]!(n)}`
      return line
    },
  }
}
