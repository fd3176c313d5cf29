/** A time in words: "0.42 ms", "120 ms". */
export const milliseconds = (n: number): string => `${n < 10 ? n.toFixed(2) : Math.round(n)} ms`
