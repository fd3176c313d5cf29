/** The grammar of assay migrate cutover: one subcommand a step. */
import { InvalidArgumentError, type Command } from 'commander'
import type { CutoverOptions } from './cutover-command.ts'
import type { Grammar } from './setup-commands.ts'

const group = {
  name: 'cutover',
  summary: 'move a database to another server or major version',
  description:
    'Copies a database to an empty one on another server (PostgreSQL 14 to 18) by logical replication, compares both, and switches with a short pause in which nobody can write; the old one then follows the new one, so that one can go back. Killed at any moment, the same command goes on; abort takes everything away.',
  examples: [
    ['assay migrate cutover plan --from URL --to URL', 'what would break, and what would be done'],
    ['assay migrate cutover copy --from URL --to URL', 'the schema and all rows, then follow'],
    ['assay migrate cutover verify --from URL --to URL', 'compare while the application runs'],
    ['assay migrate cutover switch --from URL --to URL', 'the pause, and the target is in use'],
    ['assay migrate cutover finish --from URL --to URL', 'take everything away'],
  ],
} as const

const steps = {
  plan: {
    name: 'plan',
    summary: 'say what would break and what would be done',
    description:
      'Looks at both databases and says all that stands in the way at once, each with its mend: settings, rights, keys, extensions, what logical replication does not carry. Writes nothing. Ends with 4 when copy would refuse.',
    examples: [['assay migrate cutover plan --from URL --to URL --sql', 'with every statement']],
  },
  copy: {
    name: 'copy',
    summary: 'make the schema, copy the rows, follow',
    description:
      'Makes the schema at the target, which is closed to everybody else until the switch, and lets PostgreSQL copy the rows and follow. Ends when all rows are there. The source stays in use.',
    examples: [['assay migrate cutover copy --from URL --to URL', 'begins, or goes on']],
  },
  status: {
    name: 'status',
    summary: 'say how far it is',
    description:
      'Says which side is in use, how many tables are copied, how far behind the other is, how much WAL is kept for it, and what is wrong. Ends with 1 when something is.',
    examples: [['assay migrate cutover status --from URL --to URL', 'also while another command runs']],
  },
  verify: {
    name: 'verify',
    summary: 'compare all rows while the application writes',
    description:
      'Compares number and checksum of each table, both sides read at the same point in the stream of changes. Writes to a table wait for a few milliseconds while that point is taken. What differs is named with its keys. Tables that were equal are not compared again.',
    examples: [['assay migrate cutover verify --from URL --to URL --again', 'all of them anew']],
  },
  switch: {
    name: 'switch',
    summary: 'close the source, open the target',
    description:
      'Refuses new sessions and all writes at the source, ends its sessions, waits until the target has the last change, sets the sequences, and opens the target. It is undone when that takes longer than --max-pause. The source then follows the target.',
    examples: [
      ['assay migrate cutover switch --from URL --to URL --dry-run', 'look whether it can'],
      ['assay migrate cutover switch --from URL --to URL --on-switch ./point-at-new.sh', 'with a command'],
    ],
  },
  back: {
    name: 'back',
    summary: 'close the target, open the source again',
    description: 'The same as switch in the other direction, with all that was written since.',
    examples: [['assay migrate cutover back --from URL --to URL', 'as often as needed']],
  },
  finish: {
    name: 'finish',
    summary: 'stay at the target, take the cutover away',
    description:
      'Takes slots, publications, subscriptions, triggers and the schema assay_cutover away from both sides. There is no way back afterwards. The source stays closed.',
    examples: [['assay migrate cutover finish --from URL --to URL', 'behind the switch']],
  },
  abort: {
    name: 'abort',
    summary: 'stay at the source, take the cutover away',
    description:
      'At any step before the switch, or behind back: takes everything away from both sides, and opens the source if a run was killed in a pause. Also takes away slots that are left of an earlier one, which would fill the disk.',
    examples: [
      ['assay migrate cutover abort --from URL --to URL', 'the rows at the target stay'],
      ['assay migrate cutover abort --from URL --to URL --drop-copy', 'the target is empty again'],
      ['assay migrate cutover abort --from URL --without-target', 'the other server is out of reach'],
    ],
  },
} as const

const number =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most)
      throw new InvalidArgumentError(`It is no number from ${least} to ${most}.`)
    return value
  }

const whole = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > 1_000_000_000)
    throw new InvalidArgumentError('It is no whole number from 0 to 1000000000.')
  return value
}

export const addCutover = (migrate: Command, { describe, run }: Pick<Grammar, 'describe' | 'run'>): void => {
  const cutover = describe(migrate, group)
  const add = (name: keyof typeof steps): Command =>
    describe(cutover, steps[name])
      .option('--from <url>', 'the database that is in use')
      .option('--to <url>', 'the one to move to')
      .option('--from-reached-by <url>', 'how the server of --to reaches --from, where it differs')
      .option('--to-reached-by <url>', 'how the server of --from reaches --to, where it differs')
      .option('--json', 'print one JSON envelope instead of text')
      .action((options: CutoverOptions) =>
        run(`migrate cutover ${name}`, options, async (output) => {
          const { cutoverCommand } = await import('./cutover-command.ts')
          return cutoverCommand(name, options, output)
        }),
      )
  const withWish = (command: Command): Command =>
    command
      .option('--one-way', 'without a way back: nothing is made at the source that needs a superuser')
      .option('--identity-full', 'send whole rows of tables without a key (slow), until the end')
      .option('--accept <codes>', 'take what is found as it is: large-objects,unlogged,…')
  const withPause = (command: Command): Command =>
    command
      .option(
        '--max-pause <seconds>',
        'undo it when writes would stand still for longer',
        number(0.1, 3600),
        10,
      )
      .option('--grace <seconds>', 'how long transactions under way may go on', number(0, 600), 0.5)
      .option('--sequence-gap <n>', 'leave out so many numbers of each sequence', whole, 0)
      .option('--on-switch <command>', 'run it as soon as the other side takes writes')
      .option('--accept <codes>', 'unverified: without a comparison')
      .option('--dry-run', 'look whether it can be done, print the SQL, write nothing')
  withWish(add('plan')).option('--sql', 'print every statement of copy')
  withWish(add('copy'))
  add('status')
  add('verify').option('--again', 'also tables that were equal before')
  withPause(add('switch'))
  withPause(add('back'))
  add('finish')
  add('abort')
    .option('--drop-copy', 'empty the target')
    .option('--without-target', 'clean up the source alone: the target is out of reach')
    .option('--accept <codes>', 'lost-target: open the source though rows may be lost')
}
