/** Integers: the greatest or the least value, one beyond it, and a fraction. */
import { written, type TypeProbes } from './probe.ts'

const ends: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int2: [-32768n, 32767n],
  int4: [-2147483648n, 2147483647n],
  int8: [-9223372036854775808n, 9223372036854775807n],
  oid: [0n, 4294967295n],
}

export const integerProbes: TypeProbes = ({ name }) => {
  const [least, greatest] = ends[name]!
  return [
    { ...written(String(greatest)), aim: 'end', way: 0 },
    { ...written(String(least)), aim: 'end', way: 1 },
    { ...written(String(greatest + 1n)), way: 0 },
    { ...written(String(least - 1n)), way: 1 },
    written('1.5'),
  ]
}
