/** Sequences are not replicated: at the switch each goes on where it stood, or a stated number beyond. */
import { literal } from '../../postgres/quote.ts'
import { ownRelations } from './facts.ts'
import type { Side } from './side.ts'

interface Sequence {
  /** Quoted. */
  readonly name: string
  readonly increment: string
  readonly min: string
  readonly max: string
  readonly cycles: boolean
}

const sequencesSql = `
  select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, s.seqincrement::text as increment, s.seqmin::text as min,
    s.seqmax::text as max, s.seqcycle as cycles ${ownRelations.replace('where', 'join pg_catalog.pg_sequence s on s.seqrelid = c.oid where')}
  order by c.relname collate "C", n.nspname collate "C"`

interface Place {
  readonly value: bigint
  readonly isCalled: boolean
}

/** `gap` numbers are left out, as far as the sequence goes. */
export const beyond = (place: Place, sequence: Omit<Sequence, 'name'>, gap: number): Place => {
  if (gap === 0 || sequence.cycles) return place
  const increment = BigInt(sequence.increment)
  const wanted = place.value + increment * BigInt(gap)
  const [min, max] = [BigInt(sequence.min), BigInt(sequence.max)]
  return { value: wanted > max ? max : wanted < min ? min : wanted, isCalled: place.isCalled }
}

/** A round trip for all to be read, one for all to be set; answers how many. */
export const carrySequences = async (active: Side, standby: Side, gap: number): Promise<number> => {
  const sequences = await active.db.json<Sequence>(sequencesSql)
  if (sequences.length === 0) return 0
  const read = sequences.map(
    ({ name }, i) => `select ${i} as at, last_value::text as value, is_called as "isCalled" from ${name}`,
  )
  const places = await active.db.json<{ at: number; value: string; isCalled: boolean }>(
    read.join('\nunion all\n'),
  )
  const set = places.map(({ at, value, isCalled }) => {
    const sequence = sequences[at]!
    const to = beyond({ value: BigInt(value), isCalled }, sequence, gap)
    return `pg_catalog.setval(${literal(sequence.name)}::pg_catalog.regclass, ${to.value}, ${to.isCalled})`
  })
  // A row has at most 1,664 columns.
  for (let i = 0; i < set.length; i += 500)
    await standby.db.query(`select ${set.slice(i, i + 500).join(', ')}`)
  return sequences.length
}
