/** Colour as a function that may do nothing; who decides is the command line. */

export interface Paint {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly dim: (text: string) => string
  readonly strong: (text: string) => string
}

/** How a text is laid out. */
export interface Layout {
  readonly paint: Paint
  /** Columns; 80 when the output is not a terminal. */
  readonly width: number
}

const same = (text: string): string => text

export const plainPaint: Paint = { good: same, bad: same, dim: same, strong: same }

const ansi =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001B[${open}m${text}\u001B[${close}m`

export const colourPaint: Paint = {
  good: ansi(32, 39),
  bad: ansi(31, 39),
  dim: ansi(2, 22),
  strong: ansi(1, 22),
}
