/** Binary floating point: the digits that are kept, and one value beyond the range. */
import { written, type TypeProbes } from './probe.ts'

export const floatProbes: TypeProbes = ({ name }) =>
  (name === 'float4'
    ? ['0.1234567890123456', '3.4e38', '1e39', '1,5']
    : ['0.1234567890123456', '1.7e308', '1e309', '1,5']
  ).map(written)
