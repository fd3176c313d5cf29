/** No line of any help is wider than a terminal of 80 columns. */
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { makeProgram } from './program.ts'

const all = (command: Command): readonly Command[] => [command, ...command.commands.flatMap(all)]

const helpOf = (command: Command): string => {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 80 }).outputHelp()
  return text
}

const commands = all(makeProgram())

test.each(commands.map((command) => [command.name(), command] as const))('%s', (_, command) => {
  expect(
    helpOf(command)
      .split('\n')
      .filter((line) => line.length > 80),
  ).toEqual([])
})

test('many commands were looked at, and a long example can be pasted as it stands', () => {
  expect(commands.length).toBeGreaterThan(40)
  const expand = commands.find((command) => command.name() === 'expand')
  const lines = helpOf(expand!).replaceAll(/ \\\n\s+/gu, ' ')
  expect(lines).toContain(
    `assay migrate expand --set 'orders.day = at::date' 'orders.hour = at::time' --back 'orders.at = day + hour'\n`,
  )
})
