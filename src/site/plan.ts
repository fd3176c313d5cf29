/** The page of one plan, drawn by pev2, which steers by the part of the address after `#`: the part before names the plan. */
import { Plan } from 'pev2'
import { createApp, defineComponent, h, ref, shallowRef, type VNode } from 'vue'
import type { SitePlanFile } from '../report/site-model.ts'
import { addressOf } from './address.ts'
import { loadData } from './load.ts'
import { shownText } from './shown-text.ts'
import { applyTheme, readTheme } from './theme.ts'

/** pev2 knows light and dark; the report's pages also know what the system has. */
const isDark = (): boolean => {
  const theme = readTheme()
  return theme === 'system' ? window.matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark'
}

interface Asked {
  readonly file: string
  readonly position: number
}

/** `?a0-p3/1`; null for what names no data file. */
const parseAsked = (search: string): Asked | null => {
  const [, file, position] = /^\?(a\d+-p\d+)\/(\d+)$/u.exec(search) ?? []
  return file === undefined ? null : { file, position: Number(position) }
}

const notice = (text: string): readonly VNode[] => [
  h('main', { class: 'plan-notice' }, [
    h('h1', { tabindex: -1 }, 'There is no such plan in this report'),
    h('p', text),
    h('p', [h('a', { href: 'index.html' }, 'Back to the report')]),
  ]),
]

const header = (file: SitePlanFile, asked: Asked): VNode =>
  h('header', { class: 'plan-header' }, [
    h('a', { href: `index.html${addressOf(file.architecture, 'rule', file.rule)}` }, '← Back to the query'),
    h('h1', { tabindex: -1 }, shownText(file.sentence)),
    h('label', [
      h('span', { 'aria-hidden': 'true' }, 'Plan'),
      h(
        'select',
        {
          class: 'form-select form-select-sm',
          'aria-label': 'Plan',
          value: String(asked.position),
          onChange: (event: Event) => {
            window.location.search = `?${asked.file}/${(event.target as HTMLSelectElement).value}`
          },
        },
        file.plans.map(({ call }, i) => h('option', { value: String(i) }, shownText(call))),
      ),
    ]),
  ])

const Page = defineComponent({
  setup() {
    const asked = parseAsked(window.location.search)
    const file = shallowRef<SitePlanFile | null>(null)
    const fault = ref('')
    if (asked)
      loadData<SitePlanFile>(asked.file).then(
        (found) => {
          file.value = found
          document.title = `Plan of ${shownText(found.sentence)} · Assay`
        },
        (cause: unknown) => (fault.value = cause instanceof Error ? cause.message : String(cause)),
      )
    return () => {
      if (fault.value !== '' || !asked) return notice(fault.value || 'The address names none.')
      if (!file.value) return [h('p', { role: 'status', class: 'plan-notice' }, 'Loading…')]
      const plan = file.value.plans[asked.position]
      if (!plan) return notice('The query has fewer plans.')
      return [
        header(file.value, asked),
        h('main', { class: 'plan-body', 'aria-label': `Plan ${shownText(plan.call)}` }, [
          h(Plan, { planSource: plan.json, planQuery: plan.sql }),
        ]),
      ]
    }
  },
})

applyTheme(readTheme())
document.documentElement.setAttribute('data-bs-theme', isDark() ? 'dark' : 'light')
createApp(Page).mount('#plan')
