/** Every attack that Assay knows, in the order in which a proof lists them. To add one, add a file and a line. */
import type { Attack } from './attack.ts'
import { condition } from './condition.ts'
import { copy } from './copy.ts'
import { definerFunction } from './definer-function.ts'
import { deletion } from './delete.ts'
import { disarm } from './disarm.ts'
import { foreignKey } from './foreign-key.ts'
import { hijack } from './hijack.ts'
import { insert } from './insert.ts'
import { lock } from './lock.ts'
import { merge } from './merge.ts'
import { noTenant } from './no-tenant.ts'
import { onConflict } from './on-conflict.ts'
import { own } from './own.ts'
import { otherRole } from './other-role.ts'
import { owner } from './owner.ts'
import { partition } from './partition.ts'
import { privilege } from './privilege.ts'
import { read } from './read.ts'
import { sequence } from './sequence.ts'
import { truncate } from './truncate.ts'
import { uniqueKey } from './unique-key.ts'
import { update } from './update.ts'
import { view } from './view.ts'

export const attacks: readonly Attack[] = [
  own,
  read,
  insert,
  update,
  deletion,
  hijack,
  lock,
  copy,
  merge,
  onConflict,
  noTenant,
  condition,
  owner,
  otherRole,
  disarm,
  truncate,
  uniqueKey,
  foreignKey,
  partition,
  view,
  definerFunction,
  sequence,
  privilege,
]
