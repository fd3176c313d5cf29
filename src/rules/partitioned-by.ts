/** partitionedBy: rows land in the partition of their key, what no partition takes is met as declared, periods are made in time. */
import type { PartitionedByRule, PartitionScheme } from '../architecture/kinds/partitioned-by.ts'
import type { PartitionFacts } from '../catalog/partition.ts'
import type { Structure } from '../catalog/structure.ts'
import { structureId } from '../ground/names.ts'
import { claimedOf } from './claimed.ts'
import { standOnBaseRow } from './draft.ts'
import { designPartitions, valueSql } from './partitioned-by/design.ts'
import { addInner } from './partitioned-by/inner.ts'
import { addKeys } from './partitioned-by/keys.ts'
import { maintenanceOf } from './partition/calls.ts'
import { addMaintained } from './partitioned-by/maintained.ts'
import { addStanding } from './partitioned-by/standing.ts'
import { addHash, addLists } from './partitioned-by/values.ts'
import { isMoment } from './partition/moments.ts'
import { periodsText } from './partition/periods.ts'
import { placesOf } from './partition/places.ts'
import type { RuleKind } from './rule-kind.ts'
import { listed, noun } from './sentence.ts'

const schemeText = ({ scheme, column }: PartitionedByRule): string => {
  switch (scheme.by) {
    case 'period':
      return `one for each ${scheme.period} of ${column}${madeText(scheme)}`
    case 'list':
      return `one for each list of ${column}: ${Object.values(scheme.lists)
        .map((values) => listed(values.map(valueSql)))
        .join('; ')}`
    case 'hash':
      return `${scheme.modulus} by the hash of ${column}`
  }
}

const madeText = (scheme: Extract<PartitionScheme, { readonly by: 'period' }>): string =>
  scheme.maintain === null
    ? ''
    : `, made ${periodsText(scheme.period, scheme.ahead)} ahead by ${scheme.maintain}`

const otherwiseText = ({ scheme, otherwise }: PartitionedByRule): string =>
  scheme.by === 'hash'
    ? ''
    : otherwise === 'default'
      ? '; what none takes waits in a DEFAULT partition'
      : '; what none takes is refused'

export const partitionedBy: RuleKind<PartitionedByRule> = {
  kind: 'partitionedBy',
  sentence: (rule) => `${noun(rule.table)} stand in partitions, ${schemeText(rule)}${otherwiseText(rule)}`,
  async experiments(rule, context) {
    const ground = await standOnBaseRow(rule, context)
    if ('written' in ground) return ground.written
    const places = placesOf(rule, context, ground)
    const { scheme } = rule
    const template = claimedOf(
      { ...context, claims: [structureId(rule.table, 'partition', 'template')] },
      'partition',
    )
    const facts = (template as Structure<PartitionFacts> | undefined)?.facts ?? null
    if (scheme.by === 'period' && !isMoment(places.key)) {
      ground.draft.unsolved(
        `${rule.column} is ${places.key.type}: there are no periods of it`,
        'date, timestamp and timestamptz',
      )
      return ground.draft.written()
    }
    switch (scheme.by) {
      case 'period':
        await addStanding(places, scheme, facts)
        if (scheme.maintain !== null) await addMaintained(places, scheme, scheme.maintain)
        break
      case 'list':
        await addLists(places, scheme)
        break
      case 'hash':
        await addHash(places, scheme)
        break
    }
    await addInner(places, facts)
    await addKeys(places, facts)
    return ground.draft.written()
  },
  design: designPartitions,
  claims: (rule, { catalog }) => {
    const { scheme, table } = rule
    const made =
      scheme.by === 'period' && scheme.maintain !== null ? maintenanceOf(catalog, scheme.maintain) : null
    const grants =
      made === null
        ? []
        : [...catalog.structures.values()].filter((s) => s.kind === 'grant' && s.dependsOn.includes(made.id))
    return [
      structureId(table, 'partition', 'template'),
      structureId(table, 'partition', 'default'),
      ...(made === null ? [] : [made.id]),
      ...grants.map((s) => s.id),
    ].filter((id) => catalog.structures.has(id))
  },
}
