/** `supabase()`: what a Supabase project's own migrations and dumps expect to be there before them. */
import type { PreludeSql } from '../schema-source.ts'
import { supabaseAuth } from './supabase-auth.ts'
import { supabaseRoles } from './supabase-roles.ts'
import { supabaseServices } from './supabase-services.ts'
import { supabaseStorage } from './supabase-storage.ts'

/**
 * Supabase's roles, schemas, auth tables and functions, for `schema.before`. They belong to the platform: nothing is
 * asked of them, tables may refer to them, and policies are asked as `anon` and `authenticated` with the claims that
 * they read. PostgreSQL alone makes it: requests and jobs of pg_net and pg_cron are put down and not run.
 *
 * @example
 * export default defineConfig({
 *   architecture: commerce,
 *   schema: { before: supabase(), migrations: 'supabase/migrations' },
 * })
 * // create role "anon" …; create schema auth; create table auth.users …; then the files of supabase/migrations/
 */
export const supabase = (): readonly PreludeSql[] => [
  {
    name: 'supabase() roles',
    sql: supabaseRoles,
    bypassing: ['service_role', 'supabase_read_only_user'],
    structures: [
      'defaultPrivileges:public,functions',
      'defaultPrivileges:public,sequences',
      'defaultPrivileges:public,tables',
      'publication:supabase_realtime',
    ],
    searchPath: ['"$user"', 'public', 'extensions'],
  },
  { name: 'supabase() auth', sql: supabaseAuth },
  { name: 'supabase() storage', sql: supabaseStorage },
  { name: 'supabase() services', sql: supabaseServices },
]
