#!/usr/bin/env node
/** The command line: arguments in, a use case called, text and an exit code out. */
import { CommanderError } from 'commander'
import { makeProgram } from './program.ts'

// A reader that has seen enough (`assay explain … | head`) is no fault; a full disk under the output is.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    if (stream === process.stdout)
      process.stderr.write(`✗ The output could not be written: ${error.message}\n`)
    process.exitCode = 3
  })
}

const program = makeProgram()
try {
  await program.parseAsync()
} catch (cause) {
  if (!(cause instanceof CommanderError)) throw cause
  const { commandOf, isAnswered, isWithoutCommand, usageFault, wantsJson } = await import('./usage.ts')
  // Commander has printed what was asked for, or, without a command, the help: exit 2, as nothing was looked at.
  if (isWithoutCommand(cause)) process.exitCode = 2
  else if (!isAnswered(cause)) {
    const words = process.argv.slice(2)
    const command = commandOf(
      words,
      program.commands.map((c) => c.name()),
    )
    const { runFault } = await import('./run-command.ts')
    await runFault(command ?? 'assay', wantsJson(words), usageFault(cause, command))
  }
}
