/** Where the page begins: waits for the index and mounts the report. */
import { Suspense, use, type ReactElement } from 'react'
import { createRoot } from 'react-dom/client'
import type { SiteIndex } from '../report/site-model.ts'
import { parseAddress } from './address.ts'
import { App } from './app.tsx'
import { warmUp } from './diagram/layout.ts'
import { FaultBoundary } from './fault-boundary.tsx'
import { expectData } from './load.ts'
import { applyTheme, readTheme } from './theme.ts'

const index = expectData<SiteIndex>('index')

const Loaded = (): ReactElement => <App index={use(index)} />

applyTheme(readTheme())
if (parseAddress(window.location.hash).page === 'diagram') warmUp()
createRoot(document.getElementById('app')!).render(
  <FaultBoundary>
    <Suspense fallback={null}>
      <Loaded />
    </Suspense>
  </FaultBoundary>,
)
