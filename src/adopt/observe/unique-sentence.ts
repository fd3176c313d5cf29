/** Two entries of one structure never share a sentence. */

/** The sentence, or the next `sentence (2)`; it is added to those that are `said`. */
export const uniqueSentence = (sentence: string, said: Set<string>): string => {
  for (let n = 1; ; n++) {
    const text = n === 1 ? sentence : `${sentence} (${n})`
    if (said.has(text)) continue
    said.add(text)
    return text
  }
}
