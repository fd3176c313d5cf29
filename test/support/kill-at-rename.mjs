/** Preloaded into the command line (node --import): kills it just before the rename that KILL_AT counts. */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const at = Number(process.env['KILL_AT'])
const rename = fs.promises.rename
let renames = 0
fs.promises.rename = async (...args) => {
  renames += 1
  if (renames === at) process.kill(process.pid, 'SIGKILL')
  return rename(...args)
}
syncBuiltinESMExports()
