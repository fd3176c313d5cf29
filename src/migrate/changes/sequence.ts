/** Sequences: altered in place, so that the next number comes after the last one. */
import type { SequenceFacts } from '../../catalog/sequence.ts'
import type { Structure } from '../../catalog/structure.ts'
import { qualified } from '../../postgres/quote.ts'
import { together, type ChangeKind } from './change.ts'

const factsOf = (structure: Structure): SequenceFacts => structure.facts as SequenceFacts

/** What it does otherwise. */
const words = (was: SequenceFacts, is: SequenceFacts): readonly string[] => [
  ...(was.type === is.type ? [] : [`as ${is.type}`]),
  ...(was.increment === is.increment ? [] : [`increment by ${is.increment}`]),
  // Another type brings bounds of its own.
  ...(was.minimum === is.minimum && was.type === is.type ? [] : [`minvalue ${is.minimum}`]),
  ...(was.maximum === is.maximum && was.type === is.type ? [] : [`maxvalue ${is.maximum}`]),
  ...(was.start === is.start ? [] : [`start with ${is.start}`]),
  ...(was.cache === is.cache ? [] : [`cache ${is.cache}`]),
  ...(was.cycle === is.cycle ? [] : [is.cycle ? 'cycle' : 'no cycle']),
]

export const sequenceChange: ChangeKind = {
  isGround: true,
  alter: (old, next) =>
    together(`alter sequence ${qualified(factsOf(next))} ${words(factsOf(old), factsOf(next)).join(' ')}`),
}
