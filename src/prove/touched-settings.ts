/**
 * Settings of an application that a session has had once: from then on PostgreSQL answers with an empty text where they are
 * not set, before that with null. What reads them would answer by what was asked before it on the same session.
 */
import { namedSettings } from '../catalog/named-settings.ts'
import type { Catalog } from '../catalog/structure.ts'
import { literal } from '../postgres/quote.ts'
import type { Session } from '../postgres/session.ts'

/** As in a connection that a pool has lent before. */
export const touchSettings = async (db: Session, catalog: Catalog): Promise<void> => {
  // A name that PostgreSQL refuses has no value ever.
  const texts = namedSettings(catalog).flatMap((name) => [
    `begin; select pg_catalog.set_config(${literal(name)}, '', true)`,
    'rollback',
  ])
  if (texts.length > 0) await db.batch(texts)
}
