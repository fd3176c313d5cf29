/** Files of an adopted project in their place: whole or not at all, and never over what is there. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { withDirectory } from '../../test/support/project.ts'
import type { AssayError } from '../ground/errors.ts'
import { assertPlace, writeAdopted } from './write-adopted.ts'

const files = [
  { path: 'data/shop.ts', text: 'one\n' },
  { path: 'data/tables/a.ts', text: 'two\n' },
  { path: 'migrations/0001_baseline.sql', text: 'three\n' },
  { path: 'assay.config.ts', text: 'four\n' },
]

const everything = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .toSorted()

const refusal = (work: () => unknown): AssayError => {
  try {
    work()
  } catch (cause) {
    return cause as AssayError
  }
  return expect.unreachable('it was taken')
}

const names = files.map(({ path }) => path).toSorted()

test.each([
  ['a new directory below a new one', 'x/y'],
  ['an existing directory', '.'],
])('%s', async (_, name) => {
  await withDirectory(async (directory) => {
    const place = join(directory, name)
    const written = writeAdopted(place, files)
    expect(written).toEqual(files.map(({ path }) => join(place, path)))
    expect(everything(place)).toEqual(names)
    expect(files.map(({ path }) => readFileSync(join(place, path), 'utf8'))).toEqual(
      files.map(({ text }) => text),
    )
    expect(readdirSync(directory).filter((entry) => entry.startsWith('.'))).toEqual([])
  })
})

test('files of other names beside them stay as they are', async () => {
  await withDirectory(async (directory) => {
    mkdirSync(join(directory, 'data/tables'), { recursive: true })
    writeFileSync(join(directory, 'data/numbers.csv'), '1\n')
    writeFileSync(join(directory, 'package.json'), '{}')
    writeAdopted(directory, files)
    expect(everything(directory)).toEqual([...names, 'data/numbers.csv', 'package.json'].toSorted())
  })
})

test.each([
  ['one of its files', 'data/tables/a.ts', 'data/tables/a.ts'],
  ['another config', 'assay.config.mjs', 'assay.config.mjs'],
  ['migrations that would run with the baseline', 'migrations/0000_old.sql', 'migrations/0000_old.sql'],
  ['a ledger', 'ledger/assay.json', 'ledger/assay.json'],
])('refused before anything is written: %s', async (_, file, named) => {
  await withDirectory(async (directory) => {
    mkdirSync(join(directory, file, '..'), { recursive: true })
    writeFileSync(join(directory, file), 'mine\n')
    const fault = refusal(() => writeAdopted(directory, files))
    expect(fault).toMatchObject({ code: 'adopt.exists', exit: 4, found: named })
    expect(everything(directory)).toEqual([file])
    expect(readFileSync(join(directory, file), 'utf8')).toBe('mine\n')
  })
})

test('a file where the directory should be', async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'shop')
    writeFileSync(file, '')
    expect(refusal(() => assertPlace(file, []))).toMatchObject({ code: 'adopt.not-directory', exit: 4 })
    return Promise.resolve()
  })
})

test('what cannot be written to the end is taken back', async () => {
  await withDirectory(async (directory) => {
    mkdirSync(join(directory, 'kept'))
    // `data` is a file: the first file cannot be placed below it.
    writeFileSync(join(directory, 'data'), '')
    expect(() => writeAdopted(directory, [files[2]!, files[0]!])).toThrow()
    expect(readdirSync(directory).toSorted()).toEqual(['data', 'kept'])
    return Promise.resolve()
  })
})

const killed = (directory: string, signal: NodeJS.Signals): Promise<unknown> => {
  const module = pathToFileURL(resolve('dist/project/write-adopted.js')).href
  // Killed by itself when half of the files are in their place.
  const program = `
    import fs from 'node:fs'
    import { syncBuiltinESMExports } from 'node:module'
    const link = fs.linkSync
    let links = 0
    fs.linkSync = (...args) => {
      if (++links === 3) process.kill(process.pid, '${signal}')
      return link(...args)
    }
    syncBuiltinESMExports()
    const { writeAdopted } = await import(${JSON.stringify(module)})
    writeAdopted(${JSON.stringify(directory)}, ${JSON.stringify(files)})`
  return new Promise((end) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'ignore' })
    child.on('exit', (code, by) => end(by ?? code))
  })
}

test('told to end in the middle: all of it stands', async () => {
  await withDirectory(async (directory) => {
    await killed(directory, 'SIGTERM')
    expect(everything(directory)).toEqual(names)
  })
})

test('killed in the middle: no config, and the next run takes away what was left', async () => {
  await withDirectory(async (directory) => {
    expect(await killed(directory, 'SIGKILL')).toBe('SIGKILL')
    expect(everything(directory)).toContain('data/shop.ts')
    expect(existsSync(join(directory, 'assay.config.ts'))).toBe(false)
    writeFileSync(join(directory, 'data/mine.csv'), '')
    writeAdopted(directory, files)
    expect(everything(directory)).toEqual([...names, 'data/mine.csv'].toSorted())
  })
})
