/** Ranges and multiranges: those of one number never overlap those of another. */
import type { Maker, MakerFamily } from './maker.ts'
import { dayText, momentText } from './moments.ts'

const startOf2023 = 19_358
const step = 10
const width = 5

const bounds: Readonly<Record<string, (i: number) => string>> = {
  int4: String,
  int8: String,
  num: String,
  date: (i) => dayText(startOf2023 + i),
  ts: (i) => momentText(i * 60),
  tstz: (i) => `${momentText(i * 60)}+00`,
}
const capacities: Readonly<Record<string, number>> = { int4: 200_000_000, date: 200_000 }

const named = /^(int4|int8|num|date|ts|tstz)(range|multirange)$/u

export const ranges: MakerFamily = {
  serves: ({ bareType }) => named.test(bareType),
  maker: ({ bareType }): Maker => {
    const [, type = 'int4', form] = named.exec(bareType) ?? []
    const bound = bounds[type]!
    const one = (i: number): string =>
      type === 'ts' || type === 'tstz'
        ? `["${bound(i * step)}","${bound(i * step + width)}")`
        : `[${bound(i * step)},${bound(i * step + width)})`
    const capacity = capacities[type] ?? 2 ** 36
    return {
      capacity,
      variety: Math.min(capacity, 10_000),
      make: form === 'multirange' ? (i) => `{${one(i)}}` : one,
    }
  },
}
