/** Types with a form of their own: a value that is written in another way than it is stored, and one that has no meaning. */
import { written, type TypeProbes } from './probe.ts'

const byName: Readonly<Record<string, readonly string[]>> = {
  bool: ['yes', 'off', 'maybe'],
  uuid: ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d'],
  bytea: ['\\x00FF10', '\\x0'],
  inet: ['192.168.7.9/24', '2001:DB8::1', '192.168.7.256'],
  cidr: ['192.168.7.0/24', '192.168.7.9/24'],
  macaddr: ['08-00-2B-01-02-03', '08-00-2B-01-02'],
  macaddr8: ['08-00-2B-01-02-03-04-05', '08-00-2B-01-02-03-04-0g'],
  money: ['1.00', 'one'],
  xml: ['<a>1</a>', '<a>'],
  jsonpath: ['$.a[*] ? (@ > 1)', '$.['],
  tsvector: ['fat:2 cat:1', "'fat"],
  tsquery: ['fat & !cat', 'fat &'],
  pg_lsn: ['16/B374D848', '16'],
  point: ['( 1 , 2 )', '(1)'],
  line: ['{1,2,3}', '{1,2}'],
  lseg: ['((1,2),(3,4))', '((1,2))'],
  box: ['(1,2),(3,4)', '(1,2)'],
  path: ['((1,2),(3,4))', '((1,2'],
  polygon: ['((1,2),(3,4),(5,6))', '((1,2'],
  circle: ['<(1,2),3>', '<(1,2),-3>'],
  int4range: ['[1,5]', '[5,1]'],
  int8range: ['[1,5]', '[5,1]'],
  numrange: ['[1.5,2.5)', '[2.5,1.5)'],
  daterange: ['[2024-01-01,2024-01-31]', '[2024-01-31,2024-01-01]'],
  tsrange: ['[2024-01-01 10:00,2024-01-01 12:00)', '[2024-01-01 12:00,2024-01-01 10:00)'],
  tstzrange: ['[2024-01-01 10:00+00,2024-01-01 12:00+00)', '[2024-01-01 12:00+00,2024-01-01 10:00+00)'],
  int4multirange: ['{[1,3],[3,5]}', '{[5,1]}'],
  int8multirange: ['{[1,3],[3,5]}', '{[5,1]}'],
  nummultirange: ['{[1.5,2.5),[2,3)}', '{[3,2)}'],
  datemultirange: ['{[2024-01-01,2024-01-31]}', '{[2024-01-31,2024-01-01]}'],
  tsmultirange: ['{[2024-01-01 10:00,2024-01-01 12:00)}', '{[2024-01-02,2024-01-01)}'],
  tstzmultirange: ['{[2024-01-01 10:00+00,2024-01-01 12:00+00)}', '{[2024-01-02,2024-01-01)}'],
}

export const variousProbes: TypeProbes = ({ name }) => (byName[name] ?? []).map(written)
