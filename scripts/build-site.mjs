/** Builds the report's pages from src/site into dist/site: classic scripts and one style sheet, for pages opened by file:. */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

// Whoever builds, also a test run: the pages are the same.
process.env.NODE_ENV = 'production'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const read = (path) => readFileSync(at(path), 'utf8')

mkdirSync(at('dist'), { recursive: true })
const made = mkdtempSync(at('dist/site-'))

/** One function of a script: no module, no import. */
const bundle = (entry, name) =>
  build({
    root: at('src/site'),
    configFile: false,
    logLevel: 'warn',
    define: { 'process.env.NODE_ENV': '"production"' },
    esbuild: { jsx: 'automatic', jsxDev: false },
    build: {
      outDir: made,
      emptyOutDir: false,
      target: 'es2022',
      modulePreload: false,
      chunkSizeWarningLimit: 2_000,
      reportCompressedSize: false,
      rollupOptions: {
        onwarn: (warning, warn) => {
          if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning)
        },
        input: at(`src/site/${entry}`),
        output: { format: 'iife', entryFileNames: name, inlineDynamicImports: true },
      },
    },
  })

/** As a data file holds a value: the worker's text is loaded like data, and becomes a worker in the page. */
const asData = (key, text) =>
  `assayData('${key}',${JSON.stringify(JSON.stringify(text)).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')})\n`

const bundled = [
  'react',
  'react-dom',
  'scheduler',
  '@xyflow/react',
  '@xyflow/system',
  'zustand',
  'use-sync-external-store',
  'classcat',
  'd3-color',
  'd3-dispatch',
  'd3-drag',
  'd3-ease',
  'd3-interpolate',
  'd3-selection',
  'd3-timer',
  'd3-transition',
  'd3-zoom',
  'elkjs',
  'mutation-testing-elements',
  'pev2',
  'bootstrap',
  'vue',
  '@vue/reactivity',
  '@vue/runtime-core',
  '@vue/runtime-dom',
  '@vue/shared',
]

const licence = (name) => {
  const folder = `node_modules/${name}`
  const { version, license } = JSON.parse(read(`${folder}/package.json`))
  const file = readdirSync(at(folder)).find((own) => /^licen[cs]e/iu.test(own))
  const source =
    name === 'elkjs'
      ? '\nIts source: https://github.com/kieler/elkjs, and in the npm package of this version.\n'
      : ''
  return `${name} ${version} (${license})\n${source}\n${file ? read(`${folder}/${file}`).trim() : ''}\n`
}

try {
  await bundle('main.tsx', 'app.js')
  await bundle('mutants.ts', 'mutants.js')
  await bundle('plan.ts', 'plan.js')
  const styles = readdirSync(at('src/site/styles')).toSorted()
  writeFileSync(
    join(made, 'styles.css'),
    [
      read('node_modules/@xyflow/react/dist/base.css'),
      ...styles.map((name) => read(`src/site/styles/${name}`)),
    ].join('\n'),
  )
  writeFileSync(
    join(made, 'plan.css'),
    [
      read('node_modules/bootstrap/dist/css/bootstrap.min.css').replace(/\/\*# sourceMappingURL.*$/mu, ''),
      read('node_modules/pev2/dist/pev2.css'),
      read('src/site/plan-styles/plan.css'),
    ].join('\n'),
  )
  writeFileSync(join(made, 'elk.js'), asData('elk', read('node_modules/elkjs/lib/elk-worker.min.js')))
  copyFileSync(
    fileURLToPath(import.meta.resolve('mutation-testing-elements/dist/mutation-test-elements.js')),
    join(made, 'mutation-test-elements.js'),
  )
  writeFileSync(
    join(made, 'licences.txt'),
    `The report is built with the following, each under its own licence.\n\n${bundled.map(licence).join(`\n${'─'.repeat(72)}\n\n`)}`,
  )
  // Renamed one by one: whoever writes a report meanwhile finds every file, old or new.
  mkdirSync(at('dist/site'), { recursive: true })
  const names = readdirSync(made)
  for (const name of readdirSync(at('dist/site')))
    if (!names.includes(name)) rmSync(at(`dist/site/${name}`), { recursive: true })
  for (const name of names) renameSync(join(made, name), join(at('dist/site'), name))
} finally {
  rmSync(made, { recursive: true, force: true })
}
