/** No tenant ever sees or touches another tenant's rows: row-level security, enabled, forced, and attacked. */
import type { DeclaredRule } from '../rule.ts'

export interface IsolatedByRule extends DeclaredRule {
  readonly kind: 'isolatedBy'
  readonly column: string
  /** Settings of the asker whose tenant has this value; null: the architecture's identity, every field of `who` set to the value. */
  readonly who: ((tenant: string) => Readonly<Record<string, string>>) | null
}
