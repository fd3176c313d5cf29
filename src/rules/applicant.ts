/** The application at a table: its role, with the identity of a row's tenant, and a row that it may see. */
import type { IsolatedByRule } from '../architecture/kinds/isolated-by.ts'
import type { Row } from '../rows/rows.ts'
import { isGap } from './attacks/gap.ts'
import { readTenancy } from './attacks/tenancy.ts'
import { rulesOf } from './declared.ts'
import type { Asker } from './experiment.ts'
import { settingsOf } from './isolated-by/identity.ts'
import { readRolePrivileges, type RolePrivileges } from './role-privileges.ts'
import type { RuleContext } from './rule-kind.ts'

export interface Applicant {
  readonly asker: Asker
  readonly may: RolePrivileges
  /** A row of the asker's own tenant, and one of another tenant or at least of another family. */
  readonly row: Row
  readonly other: Row
}

/** The columns that tell tenants apart. */
export const tenantColumns = ({
  architecture,
  table,
}: Pick<RuleContext, 'architecture' | 'table'>): readonly string[] =>
  rulesOf<IsolatedByRule>(architecture, table.id, 'isolatedBy').map((rule) => rule.column)

/** Settings for a table that no tenant owns: any value will do, where the function takes it at all. */
const anySettings = (context: RuleContext): Asker['settings'] => {
  try {
    return settingsOf({ who: null }, context.architecture, '1')
  } catch {
    return {}
  }
}

/** Null when the architecture has no identity, its role does not exist, or no row of its own was found. */
export const readApplicant = async (
  context: RuleContext,
  role = context.architecture.identity?.role,
): Promise<Applicant | null> => {
  const { architecture, catalog, db, rows, table } = context
  if (role === undefined) return null
  const may = await readRolePrivileges(db, role, table, catalog.major)
  if (!may) return null
  const [isolation] = rulesOf<IsolatedByRule>(architecture, table.id, 'isolatedBy')
  if (isolation) {
    const tenancy = await readTenancy(isolation, context)
    if (isGap(tenancy)) return null
    const { a, b } = tenancy
    return { asker: { role, settings: a.asker.settings }, may, row: a.row, other: b.row }
  }
  const [row, other] = [await rows.base(table, 'a'), await rows.base(table, 'b')]
  return row && other ? { asker: { role, settings: anySettings(context) }, may, row, other } : null
}
