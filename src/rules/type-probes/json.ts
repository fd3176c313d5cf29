/** json keeps the text, jsonb the value: key order, white space and repeated keys tell them apart. */
import { written, type TypeProbes } from './probe.ts'

/** The base row's own value with white space and a repeated key, where CHECKs ask for certain keys. */
const rewritten = (sample: string | null): readonly string[] => {
  const inside = sample === null ? null : /^\s*\{(.*)\}\s*$/su.exec(sample)?.[1]?.trim()
  return inside ? [`{  ${inside},  "zz": 1, ${inside} }`] : []
}

export const jsonProbes: TypeProbes = ({ sample }) => [
  ...[...rewritten(sample), '{"b": 1,  "a": [true, null], "b": 2.50}'].map((text) => ({
    ...written(text),
    aim: 'form',
  })),
  written('{"a": '),
]
