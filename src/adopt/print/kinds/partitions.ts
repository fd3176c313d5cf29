/** `t.partitions('range (tenant_id, taken_on)', { … })`: partitions of any shape, with their bounds where these are few. */
import type { PartitionFacts } from '../../../catalog/partition.ts'
import type { Structure } from '../../../catalog/structure.ts'
import { call, entry, object } from '../code.ts'
import { key, text } from '../literals.ts'
import type { PrintedRule } from '../print-kind.ts'

/** More of them are no template but a list that grows. */
const mostBounds = 24

/** Partitions by time are added as time goes on: whatever stands there counts. */
const isOfTime = ({ key: by, keyType }: PartitionFacts): boolean =>
  by.startsWith('RANGE') && /^(?:date|timestamp)/u.test(keyType ?? '')

/** `FOR VALUES FROM (1) TO (10)` → `from (1) to (10)` */
const boundText = ({ bound, parsed }: PartitionFacts['partitions'][number]): string => {
  switch (parsed.kind) {
    case 'range':
      return `from (${parsed.from.join(', ')}) to (${parsed.to.join(', ')})`
    case 'list':
      return `in (${parsed.values.join(', ')})`
    case 'hash':
      return bound.replace(/^FOR VALUES WITH/u, 'with')
    case 'default':
      return 'default'
  }
}

/** `nameOf`: the last part of a partition's name. */
export const printPartitions = (
  structures: readonly Structure<PartitionFacts>[],
  nameOf: (relation: string) => string,
): PrintedRule => {
  const [first] = structures
  const by = first?.facts.key ?? ''
  const partitions = structures.flatMap(({ facts }) => facts.partitions)
  const names = partitions.map(({ relation }) => nameOf(relation))
  const isListed =
    partitions.length <= mostBounds &&
    new Set(names).size === names.length &&
    !structures.some(({ facts }) => isOfTime(facts))
  const bounds = partitions.map((one, i) => entry(key(names[i] ?? ''), text(boundText(one))))
  return {
    code: call(
      't.partitions',
      text(by.replace(/^[A-Z]+/u, (word) => word.toLowerCase())),
      ...(isListed ? [object(bounds)] : []),
    ),
    claims: structures.map(({ id }) => id),
  }
}
