import { describe, expect, test } from 'vitest'
import { bashReplies, readLine } from './completion-line.ts'

describe('a typed line', () => {
  test.each([
    ['assay pr', ['assay'], 'pr', 'pr'],
    ['assay prove ', ['assay', 'prove'], '', ''],
    ['assay explain a\\ b', ['assay', 'explain'], 'a b', 'a\\ b'],
    ["assay explain 'a b", ['assay', 'explain'], 'a b', "'a b"],
    ['assay "x y" \'\' z', ['assay', 'x y', ''], 'z', 'z'],
    ['', [], '', ''],
    ['assay \\', ['assay'], '\\', '\\'],
  ])('%j', (line, words, current, raw) => {
    expect(readLine(line)).toMatchObject({ words, current, raw })
  })
})

describe('what bash puts in its place', () => {
  const id = 'users/unique:tenant_id,lower(email)'
  const breaks = ' \t\n"\'><=;|&(:'

  test('behind the last break character, with what a shell would see escaped', () => {
    expect(bashReplies(readLine('assay explain users/unique:ten'), breaks, [id])).toEqual([
      'tenant_id,lower\\(email\\)',
    ])
  })

  test('a break character that is escaped is none', () => {
    const line = readLine('assay explain users/unique\\:tenant_id,lower\\(e')
    expect(bashReplies(line, breaks, [id])).toEqual(['users/unique:tenant_id,lower\\(email\\)'])
  })

  test('inside quotes the whole word, as these quotes need it', () => {
    expect(bashReplies(readLine("assay explain 'users/u"), breaks, [id, "it's"])).toEqual([id])
    expect(bashReplies(readLine('assay explain "'), breaks, ['a"$(x)`'])).toEqual(['a\\"\\$(x)\\`'])
  })

  test('hostile names stay words', () => {
    expect(bashReplies(readLine('assay explain '), breaks, ['$(rm -rf ~)', 'a;b', 'é/ü:ß'])).toEqual([
      '\\$\\(rm\\ -rf\\ \\~\\)',
      'a\\;b',
      'é/ü:ß',
    ])
  })
})
