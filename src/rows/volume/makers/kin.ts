/**
 * What belongs together in a row: the names and the address of one person, a city and its country. Such columns are made
 * from one number, of which each takes its part.
 */
import { personNumber, type PersonPart } from './people.ts'
import { placeCount, placeNumber, type PlacePart } from './places.ts'

export type Kin =
  | { readonly group: 'person'; readonly part: PersonPart }
  | { readonly group: 'place'; readonly part: PlacePart }

/** The number of a part's maker, from that of the whole. */
export const kinNumber = (kin: Kin, i: number): number =>
  kin.group === 'person' ? personNumber(kin.part, i) : placeNumber(kin.part, i)

const many = 1_000_000

/** So many different wholes there are. */
export const kinVariety: Readonly<Record<Kin['group'], number>> = { person: many, place: placeCount }
