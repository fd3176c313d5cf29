/** The page of mutation-testing-elements: hands it the data that the next script brings. */

interface ReportApp extends HTMLElement {
  report: unknown
}

window.assayData = (_key, json) => {
  const app = document.querySelector<ReportApp>('mutation-test-report-app')
  if (app) app.report = JSON.parse(json)
}

export {}
