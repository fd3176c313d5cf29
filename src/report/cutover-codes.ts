/** What the codes of findings about a cutover mean, apart from where they were found. */
const described = (title: string, why: string, fix: string) => ({ title, why, fix })

const restart = 'Change the setting as a superuser, and restart the server.'
const right = 'Give the role the right that the finding names, or name a superuser.'
const putInOrder = 'Run the last command again: it puts things in order.'

export const cutoverCodes = {
  'cutover.wal-level': described(
    'A server does not write what logical replication sends',
    'Its WAL has to hold whole changes of rows.',
    restart,
  ),
  'cutover.slots': described(
    'Too few replication slots are left',
    'Changes and copies each need one.',
    restart,
  ),
  'cutover.senders': described('Too few senders are left', 'Each slot that is read has a process.', restart),
  'cutover.workers': described('Too few workers apply changes', 'One applies, two copy tables.', restart),
  'cutover.origins': described(
    'Too few origins can be noted',
    'How far each table has come is kept in one.',
    restart,
  ),
  'cutover.no-replication-right': described(
    'A role may not replicate',
    'A replication slot is made and read with that right.',
    right,
  ),
  'cutover.no-subscription-right': described(
    'A role may not subscribe',
    'A subscription brings the changes to the other side.',
    right,
  ),
  'cutover.no-create-right': described(
    'A role may make nothing at the target',
    'The schema is made there.',
    right,
  ),
  'cutover.no-signal-right': described(
    'A role may not end sessions of others',
    'The switch ends them, so that nothing is under way when the last change is sent.',
    right,
  ),
  'cutover.no-role-right': described(
    'A role may not make roles at the target',
    'Roles that own or use something have to be there.',
    right,
  ),
  'cutover.not-owned': described(
    'Tables belong to others',
    'Only their owner publishes them and closes them to writes.',
    right,
  ),
  'cutover.standby': described('A server is a standby', 'Nothing can be written there.', 'Name its primary.'),
  'cutover.same-database': described(
    'Both sides are the same database',
    'There is nothing to move.',
    'Name the empty database of the other server in --to.',
  ),
  'cutover.target-not-empty': described(
    'The target is not empty',
    'Rows and structures of two databases would be mixed.',
    'Name an empty database.',
  ),
  'cutover.encoding': described(
    'The two databases have different encodings',
    'A text that one can hold may be refused by the other.',
    'Make the target anew with the encoding of the source.',
  ),
  'cutover.locale': described(
    'The two databases sort texts differently',
    'ORDER BY, ranges of texts, upper and lower may answer otherwise.',
    'Make the target with the locale of the source.',
  ),
  'cutover.owner': described(
    'The two databases have different owners',
    'What belongs to the one will belong to the other.',
    'Give the target the same owner, when it shall stay the same role.',
  ),
  'cutover.extension-missing': described(
    'An extension is not installed at the target',
    'What uses it cannot be made there.',
    'Install it on that server, or drop it from the source.',
  ),
  'cutover.extension-version': described(
    'An extension has another version at the target',
    'Its functions may answer otherwise.',
    'Read its release notes.',
  ),
  'cutover.no-identity': described(
    'Tables have no key by which a row is found on the other side',
    'PostgreSQL refuses UPDATE and DELETE of them once they are published.',
    'Give each a primary key, or let whole rows be sent: --identity-full',
  ),
  'cutover.not-comparable': described(
    'Rows of a table without a key cannot be compared',
    'An UPDATE or DELETE finds its row by comparing all columns.',
    'Give the table a primary key.',
  ),
  'cutover.unlogged': described(
    'Unlogged tables come without their rows',
    'Their rows are not in the WAL.',
    'Make those logged whose rows count, or take it so: --accept unlogged',
  ),
  'cutover.foreign-tables': described(
    'Foreign tables stay where their rows are',
    'User mappings hold secrets and are not carried over.',
    'Make them at the target, and take it so: --accept foreign-tables',
  ),
  'cutover.extension-rows': described(
    'Tables of extensions may hold rows of yours',
    'What belongs to an extension is not sent.',
    'Copy their rows by hand where they count.',
  ),
  'cutover.replica-triggers': described(
    'Triggers or rules fire for replicated changes too',
    'What they write is sent as well, and would be there twice.',
    'Let them fire for ordinary writes only.',
  ),
  'cutover.forced-security': described(
    'Row-level security binds the owner of tables',
    'Rows that policies hide would be missing.',
    'Name superusers, or roles with BYPASSRLS.',
  ),
  'cutover.large-objects': described(
    'There are large objects',
    'Logical replication does not send them.',
    'Move them into bytea columns, or copy them by hand and take it so: --accept large-objects',
  ),
  'cutover.prepared': described(
    'There are prepared transactions',
    'Whoever commits one after the switch writes to the closed database.',
    'Commit or roll back each.',
  ),
  'cutover.subscriptions': described(
    'The source subscribes to others',
    'What they bring would go on flowing to the old database.',
    'Move them by hand, and take it so: --accept subscriptions',
  ),
  'cutover.other-slots': described(
    'Others read changes of the source',
    'They see nothing of what is written after the switch.',
    'Let each drain, and set it up anew at the target.',
  ),
  'cutover.passwords': described(
    'Roles come without their passwords',
    'Passwords are never read.',
    'Set them at the target before the switch.',
  ),
  'cutover.superuser-sessions': described(
    'Superusers are at work in the source',
    'No door keeps a superuser out.',
    'Let the application use a role without superuser.',
  ),
  'cutover.same-role': described(
    'Others use the role of the cutover',
    'It stays let in, so that the cutover can come back; its writes are refused.',
    'Give the cutover a role of its own.',
  ),
  'cutover.schema-differs': described(
    'The schemas of the two sides differ',
    'The application would not find what it knows.',
    'Make both sides alike, or begin anew.',
  ),
  'cutover.schema-left-out': described(
    'A structure is not made at the target',
    'It cannot be printed, or only a superuser may make it.',
    'Make it by hand after the copy, and take it so: --accept schema-left-out',
  ),
  'cutover.other-version': described(
    'Two major versions print definitions differently',
    'Their texts cannot be compared.',
    'Prove the architecture on the new version before the switch.',
  ),
  'cutover.paused': described(
    'Neither side takes writes',
    'A run was killed in the middle of a switch, and the application stands still.',
    'Go on with the switch, or give the cutover up: the side that was used opens again.',
  ),
  'cutover.disabled': described(
    'The subscription is disabled',
    'Nothing is applied, and the other server keeps its WAL.',
    putInOrder,
  ),
  'cutover.slot-lost': described(
    'What was kept for the other side is lost',
    'Changes are missing that cannot be sent any more.',
    'Give the copy up and begin anew.',
  ),
  'cutover.slot-left': described(
    'Slots of an earlier cutover are left',
    'A slot that nobody reads keeps all WAL until the disk is full.',
    'Take them away: assay migrate cutover abort',
  ),
  'cutover.apply-errors': described(
    'Changes were refused on the other side',
    'One that stays stops everything behind it.',
    'Read the log of the server that follows.',
  ),
  'cutover.mismatch': described(
    'Rows of the two sides differ',
    'Both were read at one and the same point.',
    'Find out who wrote to the copy, mend these rows and compare again, or begin anew.',
  ),
  'cutover.hook-failed': described(
    'The command that leads the application to the other side failed',
    'The switch is made all the same.',
    'Lead the application there by hand, now.',
  ),
} as const
