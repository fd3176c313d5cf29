/** Which family of types serves a column. To add a family, add a file beside this one and its line here. */
import { arraysOf } from './arrays.ts'
import { binaries } from './binaries.ts'
import { booleans } from './booleans.ts'
import { dates } from './dates.ts'
import { enums } from './enums.ts'
import { fallback } from './fallback.ts'
import type { Slot, TypeFamily } from './family.ts'
import { geometries } from './geometries.ts'
import { json } from './json.ts'
import { networks } from './networks.ts'
import { numbers } from './numbers.ts'
import { ranges } from './ranges.ts'
import { searches } from './searches.ts'
import { text } from './text.ts'
import { uuids } from './uuids.ts'

const families: readonly TypeFamily[] = [
  enums,
  numbers,
  text,
  dates,
  booleans,
  json,
  uuids,
  ranges,
  networks,
  binaries,
  geometries,
  searches,
  fallback,
]

const one = (slot: Slot): TypeFamily => families.find((f) => f.serves(slot)) ?? fallback

/** The family of a slot; for an array the slot is its element's. */
export const typeFamily = (slot: Slot, isArray: boolean): TypeFamily =>
  isArray ? arraysOf(one(slot)) : one(slot)
