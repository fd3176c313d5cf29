/** Copies a text; says so in its own words, and to a screen reader. */
import { useEffect, useState, type ReactElement } from 'react'

/** Without a secure context (some browsers count files so) there is no clipboard: a selection is copied instead. */
const copyBySelection = (text: string): boolean => {
  const area = document.createElement('textarea')
  area.value = text
  area.setAttribute('aria-hidden', 'true')
  area.className = 'off-screen'
  document.body.append(area)
  area.select()
  try {
    return document.execCommand('copy')
  } finally {
    area.remove()
  }
}

const copy = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

const shownFor = 2_000

export const CopyButton = ({
  text,
  label,
}: {
  readonly text: string
  readonly label: string
}): ReactElement => {
  const [said, setSaid] = useState<string | null>(null)
  useEffect(() => {
    if (said === null) return undefined
    const timer = setTimeout(() => setSaid(null), shownFor)
    return () => clearTimeout(timer)
  }, [said])
  const onClick = (): void => {
    const button = document.activeElement
    void copy(text).then((done) => {
      setSaid(done ? 'Copied' : 'Not allowed')
      if (button instanceof HTMLElement) button.focus()
    })
  }
  return (
    <button type="button" className="copy" onClick={onClick} aria-label={label}>
      <span aria-live="polite">{said ?? 'Copy'}</span>
    </button>
  )
}
