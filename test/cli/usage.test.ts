/** The command line before it does anything: help, version, and words that it does not understand. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { assay } from '../support/command-line.ts'
import { expectNoStackTrace, readEnvelope } from '../support/envelope.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string
}

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

describe('help', () => {
  test.each([
    [['--help'], 'Usage: assay [options] [command]'],
    [['help'], 'Usage: assay [options] [command]'],
    [['help', 'prove'], 'Usage: assay prove [options] [directory]'],
    [['prove', '--help'], 'Usage: assay prove [options] [directory]'],
    [['red', '-h'], 'Usage: assay red [options] [directory]'],
    [['green', '--help'], 'Usage: assay green [options] [directory]'],
    [['mutate', '--help'], 'Usage: assay mutate [options] [directory]'],
    [['check', '--help'], 'Usage: assay check [options] [directory]'],
    [['explain', '--help'], 'Usage: assay explain [options] <id> [directory]'],
    [['init', '--help'], 'Usage: assay init [options] [directory]'],
    [['doctor', '--help'], 'Usage: assay doctor [options] [directory]'],
    [['completion', '--help'], 'Usage: assay completion [options] <shell>'],
  ])('assay %j', async (args, usage) => {
    const { code, stdout, stderr } = await assay(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n')[0]).toBe(usage)
    expect(stdout).toContain('Examples:')
    expect(widest(stdout)).toBeLessThanOrEqual(80)
  })

  test('each exit code is told', async () => {
    const { stdout } = await assay(['--help'])
    for (const code of ['0', '1', '2', '3', '4']) expect(stdout).toMatch(new RegExp(`^  ${code}  \\S`, 'mu'))
  })

  test('no command: the help, and no success, because nothing was looked at', async () => {
    const { code, stdout, stderr } = await assay([])
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('Usage: assay')
  })

  test('the version is the one of package.json', async () => {
    expect(await assay(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('a command line that is not understood: exit 2, with a mend', () => {
  const slips: readonly (readonly [string, readonly string[], string, string])[] = [
    ['a misspelt command', ['porve'], 'usage.unknown-command', 'prove'],
    ['a misspelt option', ['prove', '--onyl', 'x'], 'usage.unknown-option', '--only'],
    ['no id', ['explain'], 'usage.missing-argument', 'assay explain --help'],
    ['no value', ['prove', '--url'], 'usage.option-missing-argument', 'assay prove --help'],
    ['too many words', ['red', '.', 'x'], 'usage.excess-arguments', 'assay red --help'],
  ]

  test.each(slips)('%s, for a person', async (_, args, __, mend) => {
    const ran = await assay(args)
    expect(ran).toMatchObject({ code: 2, stdout: '' })
    expect(ran.stderr).toMatch(/^✗ \S/u)
    expect(ran.stderr).toContain(mend)
    expectNoStackTrace(ran)
  })

  test.each(slips)('%s, for an agent', async (_, args, code, mend) => {
    // Before the slip too, because one that takes a value would take it.
    const ran = await assay([args[0]!, '--json', ...args.slice(1)])
    const { findings, ok, command } = readEnvelope(ran)
    expect(ran).toMatchObject({ code: 2, stderr: '' })
    expect({ ok, code: findings[0]?.code }).toEqual({ ok: false, code })
    expect(findings[0]?.fix).toContain(mend)
    expect(command).toBe(args[0] === 'porve' ? 'assay' : args[0])
  })
})
