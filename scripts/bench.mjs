/** `npm run bench [-- NAME…]`: runs bench/NAME.ts (all of them without a name) and prints a table for docs/benchmarks.md. */
import { readdirSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createJiti } from 'jiti'

const folder = new URL('../bench/', import.meta.url)
const known = readdirSync(fileURLToPath(folder))
  .filter((file) => /^[a-z-]+\.ts$/.test(file) && !file.startsWith('support'))
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted()

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}; there are ${known.join(', ')}\n`)
  process.exit(2)
}

const jiti = createJiti(import.meta.url, { fsCache: false })
const gigabytes = Math.round(totalmem() / 2 ** 30)
console.log(`Node ${process.versions.node}, ${availableParallelism()} cores, ${gigabytes} GB\n`)
for (const name of asked.length > 0 ? asked : known) {
  const { title, bench } = await jiti.import(fileURLToPath(new URL(`${name}.ts`, folder)))
  console.log(`## ${title}\n`)
  const lines = await bench((text) => process.stderr.write(`${text}\n`))
  console.log('| measure | value | reference in the same run |\n| --- | --- | --- |')
  for (const { measure, value, reference } of lines)
    console.log(`| ${measure} | ${value} | ${reference ?? ''} |`)
  console.log('')
}
