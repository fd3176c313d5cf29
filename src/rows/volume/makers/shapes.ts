/** Points and what is drawn with them: far enough from one another that no two touch. */
import type { MakerFamily } from './maker.ts'

const side = 100_000
const at = (i: number, by = 0): string => `(${(i % side) * 2 + by},${Math.floor(i / side) * 2 + by})`

const makes: Readonly<Record<string, (i: number) => string>> = {
  point: (i) => at(i),
  box: (i) => `${at(i, 1)},${at(i)}`,
  lseg: (i) => `[${at(i)},${at(i, 1)}]`,
  path: (i) => `[${at(i)},${at(i, 1)}]`,
  polygon: (i) => `(${at(i)},${at(i, 1)},(${(i % side) * 2},${Math.floor(i / side) * 2 + 1}))`,
  circle: (i) => `<${at(i)},0.5>`,
  line: (i) => `{1,-1,${i}}`,
}

export const shapes: MakerFamily = {
  serves: ({ bareType }) => bareType in makes,
  maker: ({ bareType }) => ({ capacity: 2 ** 40, variety: 10_000, make: makes[bareType]! }),
}
