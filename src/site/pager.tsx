/** A list a page at a time; printed, it is whole. */
import { useEffect, useState, type ReactElement } from 'react'
import { flushSync } from 'react-dom'

export interface Paged<T> {
  readonly shown: readonly T[]
  readonly page: number
  readonly pages: number
  readonly from: number
  readonly to: number
  readonly go: (page: number) => void
}

const size = 100

export const usePage = <T,>(rows: readonly T[]): Paged<T> => {
  const [asked, go] = useState(0)
  const [isPrinted, setPrinted] = useState(false)
  useEffect(() => {
    const before = (): void => flushSync(() => setPrinted(true))
    const after = (): void => setPrinted(false)
    window.addEventListener('beforeprint', before)
    window.addEventListener('afterprint', after)
    return () => {
      window.removeEventListener('beforeprint', before)
      window.removeEventListener('afterprint', after)
    }
  }, [])
  const pages = Math.max(1, Math.ceil(rows.length / size))
  const page = Math.min(asked, pages - 1)
  const from = isPrinted ? 0 : page * size
  const to = isPrinted ? rows.length : Math.min(rows.length, from + size)
  return { shown: rows.slice(from, to), page, pages, from, to, go }
}

export const Pager = ({
  paged: { page, pages, go },
  label,
}: {
  readonly paged: Paged<unknown>
  readonly label: string
}): ReactElement | null => {
  if (pages === 1) return null
  return (
    <nav aria-label={label} className="pager">
      <button type="button" disabled={page === 0} onClick={() => go(page - 1)}>
        Previous
      </button>
      <span aria-live="polite">
        Page {page + 1} of {pages}
      </span>
      <button type="button" disabled={page === pages - 1} onClick={() => go(page + 1)}>
        Next
      </button>
    </nav>
  )
}
