/** Enums and booleans: one of a few. */
import type { MakerFamily } from './maker.ts'

const booleans = ['true', 'false']

export const labels: MakerFamily = {
  serves: ({ bareType, labels: own }) => bareType === 'boolean' || (own !== null && own.length > 0),
  maker: ({ labels: own }) => {
    const list = own ?? booleans
    return { capacity: list.length, variety: list.length, make: (i) => list[i % list.length]! }
  },
}
