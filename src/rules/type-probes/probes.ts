/** Which family of probes a type has, and how an array's are made of its element's. */
import { floatProbes } from './floats.ts'
import { integerProbes } from './integers.ts'
import { jsonProbes } from './json.ts'
import { numericProbes } from './numeric.ts'
import { written, type ProbedType, type TypeProbe, type TypeProbes } from './probe.ts'
import { bitProbes, textProbes } from './text.ts'
import { timeProbes } from './time.ts'
import { variousProbes } from './various.ts'

const families: readonly (readonly [readonly string[], TypeProbes])[] = [
  [['int2', 'int4', 'int8', 'oid'], integerProbes],
  [['numeric'], numericProbes],
  [['float4', 'float8'], floatProbes],
  [['varchar', 'bpchar', 'text', 'citext'], textProbes],
  [['bit', 'varbit'], bitProbes],
  [['date', 'timestamp', 'timestamptz', 'time', 'timetz', 'interval'], timeProbes],
  [['json', 'jsonb'], jsonProbes],
]

const byName: ReadonlyMap<string, TypeProbes> = new Map(
  families.flatMap(([names, probes]) => names.map((name) => [name, probes] as const)),
)

/** For types that nothing is known of there are none: then only the base row's value speaks. */
export const probesOf = (type: ProbedType): readonly TypeProbe[] =>
  (byName.get(type.name) ?? variousProbes)(type)

const asElement = (text: string): string => `{"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"}`

const inArray = ({ text, ...probe }: TypeProbe): TypeProbe =>
  text === undefined
    ? { ...probe, sql: `array[${probe.sql}]`, shown: `an element ${probe.shown}` }
    : { ...written(asElement(text)), shown: `an element ${probe.shown}` }

/** An element that the probe is, and a text that is no array. */
export const arrayProbesOf = (element: ProbedType): readonly TypeProbe[] => [
  ...probesOf({ ...element, sample: null }).map(inArray),
  written('{1,'),
]
