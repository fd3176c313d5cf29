/** A diagram before and after it is placed: boxes, lines, and where they stand. */
import type { SiteDiagramTable } from '../../report/site-model.ts'

export interface Row {
  readonly name: string
  readonly type: string
  readonly marks: string
  readonly notNull: boolean
}

export interface Box {
  readonly id: string
  readonly title: string
  readonly state: SiteDiagramTable['state']
  readonly width: number
  readonly height: number
  readonly rows: readonly Row[]
  /** Columns that are not shown. */
  readonly more: number
}

export interface Line {
  readonly id: string
  readonly name: string
  readonly from: string
  readonly to: string
  /** Distances from the boxes' tops; null: anywhere. */
  readonly fromY: number | null
  readonly toY: number | null
}

export interface Picture {
  readonly boxes: readonly Box[]
  readonly lines: readonly Line[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Placed {
  readonly picture: Picture
  readonly boxes: ReadonlyMap<string, Point>
  readonly lines: ReadonlyMap<string, readonly Point[]>
  readonly width: number
  readonly height: number
}
