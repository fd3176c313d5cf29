/** All that would break a cutover, or be missing after it, said at once and each with its mend. */
import { ident } from '../../postgres/quote.ts'
import type { Finding } from '../../prove/result.ts'
import type { SideFacts } from './facts.ts'
import { placeOf, type Pair, type Side } from './side.ts'

export interface CutoverWish {
  /** No subscription the other way: there is nothing to go back to. */
  readonly isOneWay: boolean
  /** Sets REPLICA IDENTITY FULL where there is none, and back at the end. */
  readonly setsIdentity: boolean
  /** Codes of findings that are known and taken: they are warnings then. */
  readonly accepts: readonly string[]
}

/** Codes of what may be taken as it is: what is missing on the other side afterwards is known then. */
export const acceptable = [
  'large-objects',
  'unlogged',
  'foreign-tables',
  'extension-rows',
  'prepared',
  'subscriptions',
  'locale',
  'schema-left-out',
] as const

type Sort = Pick<Finding, 'severity'>['severity']

const told = (severity: Sort, code: string, summary: string, why: string, fix: string): Finding => ({
  code: `cutover.${code}`,
  severity,
  summary,
  why,
  fix,
})

const most = 12

const listed = (names: readonly string[]): string =>
  names.length <= most
    ? names.join(', ')
    : `${names.slice(0, most).join(', ')} and ${names.length - most} more`

const count = (n: number, one: string): string => `${n} ${one}${n === 1 ? '' : 's'}`

/** What a server must have when its changes are sent. */
const asSender = (side: Side, facts: SideFacts): readonly Finding[] => {
  const place = placeOf(side)
  const found: Finding[] = []
  if (facts.walLevel !== 'logical')
    found.push(
      told(
        'error',
        'wal-level',
        `${place} runs with wal_level = ${facts.walLevel}`,
        'its WAL does not hold what logical replication sends',
        `As a superuser, and restart the server afterwards (managed servers: a parameter such as rds.logical_replication):\nalter system set wal_level = 'logical';`,
      ),
    )
  if (!facts.mayReplicate)
    found.push(
      told(
        'error',
        'no-replication-right',
        `the role ${facts.user} may not replicate from ${place}`,
        'a replication slot is made and read with that right',
        `As a superuser:\nalter role ${ident(facts.user)} replication;`,
      ),
    )
  if (facts.freeSlots < 3)
    found.push(
      told(
        'error',
        'slots',
        `${place} has ${count(facts.freeSlots, 'replication slot')} left, and 3 are needed`,
        'one for the changes, two for tables that are being copied',
        `As a superuser, and restart the server:\nalter system set max_replication_slots = ${10 + Math.max(0, 3 - facts.freeSlots)};`,
      ),
    )
  if (facts.freeSenders < 3)
    found.push(
      told(
        'error',
        'senders',
        `${place} can send to ${facts.freeSenders} more, and 3 are needed`,
        'each slot that is read has a process of its own',
        'As a superuser, and restart the server:\nalter system set max_wal_senders = 10;',
      ),
    )
  return found
}

/** What a server must have when it takes the changes of the other. */
const asReceiver = (side: Side, facts: SideFacts, wish: string): readonly Finding[] => {
  const place = placeOf(side)
  const found: Finding[] = []
  if (!facts.maySubscribe)
    found.push(
      told(
        'error',
        'no-subscription-right',
        `the role ${facts.user} may not subscribe in ${place}`,
        `${side.major >= 16 ? 'CREATE SUBSCRIPTION asks for the role pg_create_subscription' : `before PostgreSQL 16 only a superuser makes a subscription`}${wish}`,
        side.major >= 16
          ? `As a superuser:\ngrant pg_create_subscription to ${ident(facts.user)};`
          : `Name a superuser in --${side.key}${side.key === 'from' ? ', or do without the way back: --one-way' : ''}`,
      ),
    )
  if (facts.applyWorkers < 3 || facts.workerProcesses < 4)
    found.push(
      told(
        'error',
        'workers',
        `${place} has max_logical_replication_workers = ${facts.applyWorkers}, max_worker_processes = ${facts.workerProcesses}`,
        'one process applies the changes, two copy tables',
        'As a superuser, and restart the server:\nalter system set max_logical_replication_workers = 4;\nalter system set max_worker_processes = 8;',
      ),
    )
  if (facts.origins < 3)
    found.push(
      told(
        'error',
        'origins',
        `${place} can note the progress of ${facts.origins} more sources, and 3 are needed`,
        'how far each table and the whole has come is kept in a slot or origin',
        `As a superuser, and restart the server:\nalter system set ${side.major >= 18 ? 'max_active_replication_origins' : 'max_replication_slots'} = 10;`,
      ),
    )
  return found
}

const ofPlaces = ({ from, to }: Pair, source: SideFacts, target: SideFacts): readonly Finding[] => {
  const found: Finding[] = []
  for (const [side, facts] of [
    [from, source],
    [to, target],
  ] as const)
    if (facts.inRecovery)
      found.push(
        told(
          'error',
          'standby',
          `${placeOf(side)} is a standby`,
          'nothing can be written there',
          `Name its primary in --${side.key}.`,
        ),
      )
  if (source.identity === target.identity)
    found.push(
      told(
        'error',
        'same-database',
        '--from and --to are the same database',
        'there is nothing to move',
        'Name the empty database of the other server in --to.',
      ),
    )
  else if (target.objects > 0)
    found.push(
      told(
        'error',
        'target-not-empty',
        `${placeOf(to)} is not empty: ${count(target.objects, 'object')} stand in it`,
        'rows and structures of two databases would be mixed',
        `Name an empty database; the one that stands there is not touched:\ncreate database … template template0;`,
      ),
    )
  if (!target.mayCreate)
    found.push(
      told(
        'error',
        'no-create-right',
        `the role ${target.user} may make nothing in ${placeOf(to)}`,
        'the schema is made there',
        `As the owner of that database, or a superuser:\ngrant create on database ${ident(to.address.database)} to ${ident(target.user)};`,
      ),
    )
  if (source.encoding !== target.encoding)
    found.push(
      told(
        'error',
        'encoding',
        `${placeOf(from)} is in ${source.encoding}, ${placeOf(to)} in ${target.encoding}`,
        'a text that one can hold may be refused by the other, in the middle of the night',
        `Make the target anew:\ncreate database … encoding '${source.encoding}' template template0;`,
      ),
    )
  if (source.locale !== target.locale)
    found.push(
      told(
        'warning',
        'locale',
        `the two databases sort texts differently: ${source.locale}; ${target.locale}`,
        'indexes are built anew and are right, but ORDER BY, ranges of texts and upper/lower may answer otherwise',
        'Make the target with the locale of the source, or see that the application does not depend on it.',
      ),
    )
  if (source.owner !== target.owner)
    found.push(
      told(
        'warning',
        'owner',
        `the source belongs to ${source.owner}, the target to ${target.owner}`,
        `what belongs to ${source.owner} will belong to ${target.owner}`,
        `If the role shall be the same, as a superuser at the target:\nalter database ${ident(to.address.database)} owner to ${ident(source.owner)};`,
      ),
    )
  return found
}

const ofExtensions = ({ to }: Pair, source: SideFacts, target: SideFacts): readonly Finding[] => {
  const there = new Map(target.extensions.map(({ name, version }) => [name, version]))
  const missing = source.extensions.filter(({ name }) => !there.has(name) && !target.available.includes(name))
  const other = source.extensions.filter(({ name, version }) => (there.get(name) ?? version) !== version)
  return [
    ...missing.map(({ name }) =>
      told(
        'error',
        'extension-missing',
        `the extension ${name} is not installed at ${placeOf(to)}`,
        'what uses it cannot be made there',
        `Install its files on that server, or drop it from the source if nothing uses it: drop extension ${ident(name)};`,
      ),
    ),
    ...other.map(({ name, version }) =>
      told(
        'note',
        'extension-version',
        `the extension ${name} is version ${version} at the source, ${there.get(name) ?? '?'} at the target`,
        'its functions may answer otherwise',
        'Read its release notes.',
      ),
    ),
  ]
}

const ofRows = ({ from }: Pair, source: SideFacts, { setsIdentity }: CutoverWish): readonly Finding[] => {
  const found: Finding[] = []
  const some = (
    severity: Sort,
    code: string,
    names: readonly string[],
    what: string,
    why: string,
    fix: string,
  ): void => {
    if (names.length > 0) found.push(told(severity, code, `${what}: ${listed(names)}`, why, fix))
  }
  if (setsIdentity)
    some(
      'warning',
      'no-identity',
      source.noIdentity,
      'tables without a key get REPLICA IDENTITY FULL until the cutover ends',
      'every UPDATE and DELETE writes the whole old row to the WAL, and finds it by a scan on the other side: slow on large tables that change often',
      'Give large ones a primary key first.',
    )
  else
    some(
      'error',
      'no-identity',
      source.noIdentity,
      'tables without a primary key or replica identity',
      'PostgreSQL would refuse every UPDATE and DELETE of them in the source as soon as they are published',
      `Give each a primary key; or an index: alter table … replica identity using index …;\nOr let whole rows be sent until the cutover ends: --identity-full`,
    )
  some(
    'error',
    'not-comparable',
    source.notComparable,
    'tables without a key, with columns that cannot be compared (json, xml, point …)',
    'an UPDATE or DELETE finds its row on the other side by comparing all columns, and would stop the copy',
    'Give each a primary key.',
  )
  some(
    'error',
    'unlogged',
    source.unlogged,
    'unlogged tables',
    'their rows are not in the WAL and do not come along; the tables do, empty',
    'Make those logged whose rows count: alter table … set logged;\nOr take it so: --accept unlogged',
  )
  some(
    'error',
    'foreign-tables',
    source.foreign,
    'foreign tables',
    'their rows stay where they are; user mappings (secrets) are not carried over',
    'Make their user mappings at the target, and take it so: --accept foreign-tables',
  )
  some(
    'warning',
    'extension-rows',
    source.extensionRows,
    'tables of extensions that may hold rows of yours',
    'what belongs to an extension is not sent',
    'Copy their rows by hand where they count (COPY … TO, COPY … FROM).',
  )
  some(
    'error',
    'replica-triggers',
    source.replicaTriggers,
    'triggers and rules that fire for replicated changes too',
    'what they write is sent as well, so that the other side would have it twice',
    'Let them fire for ordinary writes only: alter table … enable trigger …;',
  )
  some(
    'error',
    'not-owned',
    source.notOwned,
    `tables that ${source.user} does not own`,
    'only their owner publishes them and closes them to writes',
    `Name a superuser in --from, or give their roles to ${source.user}: grant … to ${ident(source.user)};`,
  )
  if (!source.isSuperuser)
    some(
      'warning',
      'forced-security',
      source.forcedSecurity,
      'tables whose row-level security binds their owner too',
      'rows that the policies hide from the roles of --from and --to would be missing, or refused',
      'Name superusers, or roles with BYPASSRLS, in --from and --to.',
    )
  if (source.largeObjects > 0)
    found.push(
      told(
        'error',
        'large-objects',
        `${count(source.largeObjects, 'large object')} (pg_largeobject)`,
        'logical replication does not send them',
        'Move them into bytea columns; or copy them by hand (lo_export, lo_import) and take it so: --accept large-objects',
      ),
    )
  if (source.prepared > 0)
    found.push(
      told(
        'error',
        'prepared',
        `${count(source.prepared, 'prepared transaction')} in ${placeOf(from)}`,
        'whoever commits one after the switch writes to the closed database',
        'Commit or roll back each: select gid from pg_prepared_xacts; rollback prepared …;',
      ),
    )
  some(
    'error',
    'subscriptions',
    source.subscriptions,
    'subscriptions of the source itself',
    'what they bring would go on flowing to the old database after the switch',
    'Move them by hand, and take it so: --accept subscriptions',
  )
  some(
    'warning',
    'other-slots',
    source.otherSlots,
    'logical slots of others',
    'whoever reads them sees nothing of what is written after the switch',
    'Let each drain, and set it up anew at the target.',
  )
  return found
}

const ofPeople = ({ from, to }: Pair, source: SideFacts, target: SideFacts): readonly Finding[] => {
  const found: Finding[] = []
  const login = source.loginRoles.filter((name) => name !== source.owner && !target.roles.includes(name))
  if (login.length > 0)
    found.push(
      told(
        'warning',
        'passwords',
        `roles that log in are made at ${placeOf(to)} without their passwords: ${listed(login)}`,
        'passwords are never read',
        'Set them there before the switch: \\password NAME in psql, or alter role … password …;',
      ),
    )
  if (source.superuserSessions > 0)
    found.push(
      told(
        'warning',
        'superuser-sessions',
        `${count(source.superuserSessions, 'session')} of superusers in ${placeOf(from)}`,
        'they are ended at the switch and every write is refused, but no door keeps a superuser out',
        'Let the application use a role without superuser.',
      ),
    )
  if (source.sameRoleSessions > 0 && !source.isSuperuser)
    found.push(
      told(
        'warning',
        'same-role',
        `${count(source.sameRoleSessions, 'other session')} use the role ${source.user} of --from`,
        'that role stays let in, so that the cutover can come back; its writes are refused all the same',
        'Give the cutover a role of its own.',
      ),
    )
  if (!source.mayEndSessions)
    found.push(
      told(
        'error',
        'no-signal-right',
        `the role ${source.user} may not end the sessions of others`,
        'the switch ends them, so that nothing is under way when the last change is sent',
        `As a superuser:\ngrant pg_signal_backend to ${ident(source.user)};`,
      ),
    )
  if (!target.mayMakeRoles)
    found.push(
      told(
        'note',
        'no-role-right',
        `the role ${target.user} may not make roles at ${placeOf(to)}`,
        'roles that own or use something have to be there before',
        'Name a superuser in --to, or make them by hand.',
      ),
    )
  return found
}

const bare = (code: string): string => code.replace(/^cutover\./u, '')

const accepted = (finding: Finding, accepts: readonly string[]): Finding =>
  finding.severity === 'error' && accepts.includes(bare(finding.code))
    ? { ...finding, severity: 'warning' }
    : finding

/** Errors first. */
export const preflight = (
  pair: Pair,
  source: SideFacts,
  target: SideFacts,
  wish: CutoverWish,
): readonly Finding[] => {
  const back = wish.isOneWay
    ? []
    : [...asSender(pair.to, target), ...asReceiver(pair.from, source, '; the way back needs one')]
  const all = [
    ...ofPlaces(pair, source, target),
    ...asSender(pair.from, source),
    ...asReceiver(pair.to, target, ''),
    ...back,
    ...ofExtensions(pair, source, target),
    ...ofRows(pair, source, wish),
    ...ofPeople(pair, source, target),
  ].map((finding) => accepted(finding, wish.accepts))
  const rank = { error: 0, warning: 1, note: 2 } as const
  return all.toSorted((a, b) => rank[a.severity] - rank[b.severity])
}
