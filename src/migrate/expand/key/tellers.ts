/** All ways in which the sides of a key are told from each other. */
import type { KeyShape } from '../shape.ts'
import { castTeller } from './cast-teller.ts'
import { drawnTeller } from './drawn/drawn-teller.ts'
import type { Teller } from './teller.ts'

export const tellerOf = (shape: KeyShape): Teller =>
  shape.drawn === undefined ? castTeller(shape) : drawnTeller({ ...shape, drawn: shape.drawn })
