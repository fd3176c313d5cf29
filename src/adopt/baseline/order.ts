/** Puts pieces in an order in which each stands behind what it needs, and decides what reads inside its table. */
import { sections, type Inline, type Piece } from './piece.ts'

export interface Placed {
  readonly piece: Piece
  /** Parts that stand inside it. */
  readonly inline: readonly Piece[]
}

export interface Ordered {
  readonly placed: readonly Placed[]
  /** Pieces that cannot be made, each with those that stand on it and go with it. */
  readonly lost: ReadonlyMap<Piece, readonly Piece[]>
  /** Pieces that need one another: no order makes them. */
  readonly circular: readonly Piece[]
}

/** `from` stands on `to`; both are rows of PostgreSQL's catalog. */
export interface Edge {
  readonly from: string
  readonly to: string
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const bySection = (a: Piece, b: Piece): number => {
  const section = sections.indexOf(a.section) - sections.indexOf(b.section)
  if (section !== 0) return section
  for (let i = 0; i < Math.max(a.sort.length, b.sort.length); i += 1) {
    const order = compare(a.sort[i] ?? '', b.sort[i] ?? '')
    if (order !== 0) return order
  }
  return compare(a.name, b.name)
}

const add = <T>(map: Map<string, T[]>, key: string, value: T): void => {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

interface Graph {
  readonly byKey: ReadonlyMap<string, Piece>
  readonly under: ReadonlyMap<string, readonly Piece[]>
  readonly over: ReadonlyMap<string, readonly Piece[]>
  readonly parts: ReadonlyMap<string, readonly Piece[]>
}

const graphOf = (pieces: readonly Piece[], edges: readonly Edge[]): Graph => {
  const byRow = new Map<string, Piece>()
  for (const piece of pieces) for (const row of [piece.key, ...(piece.rows ?? [])]) byRow.set(row, piece)
  const found = new Map<string, Set<Piece>>()
  const link = (from: Piece, to: Piece | undefined): void => {
    if (!to || to === from) return
    const list = found.get(from.key)
    if (list) list.add(to)
    else found.set(from.key, new Set([to]))
  }
  for (const { from, to } of edges) {
    const piece = byRow.get(from)
    if (piece) link(piece, byRow.get(to))
  }
  const parts = new Map<string, Piece[]>()
  for (const piece of pieces) {
    for (const on of piece.on ?? []) link(piece, byRow.get(on))
    if (!piece.inline) continue
    link(piece, byRow.get(piece.inline.table))
    add(parts, piece.inline.table, piece)
  }
  const over = new Map<string, Piece[]>()
  for (const piece of pieces) for (const to of found.get(piece.key) ?? []) add(over, to.key, piece)
  const under = new Map([...found].map(([key, set]) => [key, [...set].toSorted(bySection)]))
  return { byKey: new Map(pieces.map((p) => [p.key, p])), under, over, parts }
}

/** What cannot be made, and what goes with it because it stands on that. */
const lostOf = (pieces: readonly Piece[], { over, byKey }: Graph): Map<Piece, Piece[]> => {
  const lost = new Map<Piece, Piece[]>()
  for (const piece of pieces.filter((p) => p.cannot !== undefined)) {
    const gone = new Set<Piece>()
    const visit = (of: Piece): void => {
      for (const next of over.get(of.key) ?? []) {
        if (gone.has(next) || next.cannot !== undefined) continue
        gone.add(next)
        visit(next)
        if (next.inline?.isRequired) {
          const table = byKey.get(next.inline.table)
          if (table && !gone.has(table)) {
            gone.add(table)
            visit(table)
          }
        }
      }
    }
    visit(piece)
    lost.set(piece, [...gone].toSorted(bySection))
  }
  return lost
}

/**
 * Depth first, in the order of sections: a piece is placed when everything under it is. Where a part of a table
 * needs what itself waits for the table, the part is left for later.
 */
export const inOrder = (pieces: readonly Piece[], edges: readonly Edge[]): Ordered => {
  const graph = graphOf(pieces, edges)
  const lost = lostOf(pieces, graph)
  const gone = new Set([...lost.keys(), ...[...lost.values()].flat()])
  const state = new Map<string, 'open' | 'placed'>()
  const placed: Placed[] = []

  const under = (piece: Piece): readonly Piece[] => graph.under.get(piece.key) ?? []
  const reach = (piece: Piece): boolean => {
    const known = state.get(piece.key)
    if (known !== undefined) return known === 'placed'
    state.set(piece.key, 'open')
    const isReady = under(piece).every(reach)
    // A table that was placed on the way has taken the part with it.
    if (state.get(piece.key) === 'placed') return true
    const parts = (graph.parts.get(piece.key) ?? []).filter((p) => !gone.has(p) && !state.has(p.key))
    const inline: Piece[] = []
    if (isReady) {
      for (const part of parts) {
        const fits = under(part).every((p) => p === piece || reach(p))
        if (fits && !state.has(part.key)) inline.push(part)
      }
    }
    const isWhole = parts.every((part) => !part.inline?.isRequired || inline.includes(part))
    if (!isReady || !isWhole) {
      state.delete(piece.key)
      return false
    }
    for (const { key } of [piece, ...inline]) state.set(key, 'placed')
    placed.push({ piece, inline })
    return true
  }

  let open = pieces.filter((p) => !gone.has(p)).toSorted(bySection)
  for (let before = -1; before !== open.length;) {
    before = open.length
    open = open.filter((piece) => state.get(piece.key) !== 'placed' && !reach(piece))
  }
  return { placed, lost, circular: open }
}

/** Whether it stands on a table, directly or through others. */
export const standsOn = (
  pieces: readonly Piece[],
  edges: readonly Edge[],
  isGround: (piece: Piece) => boolean,
): ((piece: Piece) => boolean) => {
  const graph = graphOf(pieces, edges)
  const known = new Map<string, boolean>()
  const visit = (piece: Piece): boolean => {
    const before = known.get(piece.key)
    if (before !== undefined) return before
    known.set(piece.key, false)
    const does = (graph.under.get(piece.key) ?? []).some((p) => isGround(p) || visit(p))
    known.set(piece.key, does)
    return does
  }
  return visit
}

export const textOf = ({ piece, inline }: Placed): readonly string[] => {
  const { statements } = piece
  if (typeof statements !== 'function') return statements
  return statements(inline.flatMap((part): Inline[] => (part.inline ? [part.inline] : [])))
}
