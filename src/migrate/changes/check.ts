/** CHECK constraints: NOT VALID first, which holds for every write from then on, then validated while writers go on. */
import { alterTable, tableOf } from '../../catalog/alter.ts'
import type { CheckFacts } from '../../catalog/check.ts'
import type { Structure } from '../../catalog/structure.ts'
import { ident } from '../../postgres/quote.ts'
import { alone, together, type ChangeContext, type ChangeKind, type Step } from './change.ts'

const add = (structure: Structure, { after, online }: ChangeContext, replaces: boolean): readonly Step[] => {
  const { notValid, notEnforced } = structure.facts as CheckFacts
  const alter = alterTable(tableOf(structure, after))
  const name = ident(structure.name)
  const put = `add constraint ${name} ${structure.definition}`
  if (!online || notValid || notEnforced)
    return together(`${alter} ${replaces ? `drop constraint ${name}, ` : ''}${put}`)
  return alone(
    `${alter} drop constraint if exists ${name}, ${put} not valid`,
    `${alter} validate constraint ${name}`,
  )
}

export const checkChange: ChangeKind = {
  mayOverlap: true,
  make: (structure, context) => add(structure, context, false),
  alter: (old, next, context) => {
    if (old.name === next.name) return add(next, context, true)
    const drop = `${alterTable(tableOf(old, context.before))} drop constraint ${ident(old.name)}`
    return [...add(next, context, false), ...(context.online ? alone(drop) : together(drop))]
  },
  remove: (structure, { before }) =>
    together(`${alterTable(tableOf(structure, before))} drop constraint ${ident(structure.name)}`),
}
