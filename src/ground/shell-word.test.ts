import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { shellCommand } from './shell-word.ts'

test.each([
  'products/unique:tenant_id,slug',
  'users/unique:tenant_id,"lower((email)::text)"',
  "it's",
  '$(touch x)',
  'a b\tc\nd',
  '*',
  '',
  '-n',
  'größe',
])('a shell reads %j as the one word that it is', (word) => {
  const command = shellCommand('printf', '%s|%s', word, 'next')
  expect(execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' })).toBe(`${word}|next`)
})

test('plain words stay readable', () => {
  expect(shellCommand('npx', 'assay', 'explain', 'products/check:price_not_negative')).toBe(
    'npx assay explain products/check:price_not_negative',
  )
})
