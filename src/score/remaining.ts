/** How long something may still take, in words that do not promise more than is known. */

export const remainingWords = (seconds: number): string => {
  if (seconds < 1) return 'almost done'
  if (seconds < 90) return `about ${Math.ceil(seconds)} s left`
  const minutes = Math.ceil(seconds / 60)
  if (minutes < 90) return `about ${minutes} min left`
  return `about ${Math.floor(minutes / 60)} h ${minutes % 60} min left`
}
