/** numeric(p,s): the largest value and one beyond, and one digit more than the scale, which is rounded. */
import { written, type ProbedType, type TypeProbe, type TypeProbes } from './probe.ts'

const plainNumber = /^-?\d+(?:\.\d+)?$/u

/** One digit more than the scale keeps; near the base row's value too, where CHECKs leave little room. */
const betweenSteps = (scale: number, sample: string | null): readonly TypeProbe[] => {
  const tail = scale === 0 ? '.5' : `.${'0'.repeat(scale)}5`
  const near = sample !== null && plainNumber.test(sample) ? [`${sample.replace(/\..*$/u, '')}${tail}`] : []
  return [...new Set([...near, `0${tail}`])].map((text) => ({ ...written(text), aim: 'rounding' }))
}

const limited = (precision: number, scale: number, { sample }: ProbedType): readonly TypeProbe[] => {
  if (scale < 0 || scale > precision) return [written('NaN')]
  const whole = '9'.repeat(precision - scale)
  const greatest = `${whole === '' ? '0' : whole}${scale === 0 ? '' : `.${'9'.repeat(scale)}`}`
  const beyond = `1${'0'.repeat(precision - scale)}`
  return [
    { ...written(greatest), aim: 'end', way: 0, isEnd: true },
    { ...written(`-${greatest}`), aim: 'end', way: 1 },
    { ...written(beyond), way: 0 },
    { ...written(`-${beyond}`), way: 1 },
    ...betweenSteps(scale, sample),
  ]
}

export const numericProbes: TypeProbes = (type) => {
  const [precision, scale = 0] = type.modifiers
  if (precision !== undefined) return limited(precision, scale, type)
  return [written('12345678901234567890.123456789012345678901'), written('1e131073'), written('1,5')]
}
