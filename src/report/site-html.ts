/** The report's two kinds of page, and its data as scripts: what a file opened from disk may load. */

/** Nothing is fetched, nothing from outside is loaded; styles in attributes are what the diagram places its nodes by. */
const policy = [
  `default-src 'none'`,
  `script-src 'self' file:`,
  `style-src 'self' file: 'unsafe-inline'`,
  `img-src data:`,
  `font-src data:`,
  `worker-src blob:`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const htmlText = (text: string): string => text.replaceAll(/[&<>"']/gu, (letter) => escapes[letter]!)

const page = (title: string, head: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${htmlText(title)}</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
${body}
</body>
</html>
`

/** Scripts are deferred: they run in this order, when the document stands. */
export const indexHtml = (names: readonly string[]): string =>
  page(
    `${names.join(', ')} · Assay report`,
    `<link rel="stylesheet" href="styles.css">
<script defer src="app.js"></script>
<script defer src="data/index.js"></script>`,
    `<div id="app"><noscript>This report needs JavaScript; it loads nothing from a network. The same result as text: assay prove</noscript></div>`,
  )

/** mutation-testing-elements steers by the address as the report does, so it has a page of its own. */
export const mutantsHtml = (name: string, key: string): string =>
  page(
    `Mutants of ${name}`,
    `<link rel="stylesheet" href="styles.css">
<script defer src="mutation-test-elements.js"></script>
<script defer src="mutants.js"></script>
<script defer src="data/${key}.js"></script>`,
    `<p class="back-line"><a href="index.html">← Back to the report</a></p>
<mutation-test-report-app title-postfix="${htmlText(name)}"></mutation-test-report-app>`,
  )

/** pev2 brings styles of its own for every element, so it has a page of its own; the address says which plan. */
export const planHtml = (): string =>
  page(
    'Plan',
    `<link rel="stylesheet" href="plan.css">
<script defer src="plan.js"></script>`,
    `<div id="plan"><noscript>This page needs JavaScript; it loads nothing from a network.</noscript></div>`,
  )

/** What would end the script, or a line of it, where JSON allows it. */
const unsafe = /[<'\\\u2028\u2029]/gu

const inScript = (letter: string): string =>
  letter === "'" || letter === '\\'
    ? `\\${letter}`
    : `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * One data file: JSON in a string, so that no key of it (`__proto__`) means anything to JavaScript.
 *
 * @example
 * dataScript('a0-t1', { name: '</script>' })
 * // assayData('a0-t1','{"name":"\\u003c/script>"}')
 */
export const dataScript = (key: string, value: unknown): string => jsonScript(key, JSON.stringify(value))

/** The same of JSON that is written already. */
export const jsonScript = (key: string, json: string): string =>
  `assayData('${key}','${json.replaceAll(unsafe, inScript)}')\n`
