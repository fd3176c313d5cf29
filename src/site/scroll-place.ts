/** Where the reader stands on a page: a link leads to its top, going back to where it was left. */

const places = new Map<string, number>()
let isFollowing = false

/** Before a link, or a choice that acts as one, is followed. */
export const leavePlace = (): void => {
  places.set(window.location.hash, window.scrollY)
  isFollowing = true
}

/** When the new page stands. */
export const arrive = (): void => {
  const before = places.get(window.location.hash)
  window.scrollTo(0, isFollowing ? 0 : (before ?? window.scrollY))
  isFollowing = false
}

/** Links of the report itself; one for another tab does not leave this page. */
export const watchLinks = (): (() => void) => {
  const onClick = (event: MouseEvent): void => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link?.getAttribute('href')?.startsWith('#/') && !event.ctrlKey && !event.metaKey && !event.shiftKey)
      leavePlace()
  }
  document.addEventListener('click', onClick, true)
  return () => document.removeEventListener('click', onClick, true)
}
